/** Bodies in gzip. https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
import { request } from 'node:http'
import { createGzip, gzipSync } from 'node:zlib'
import t from 'tap'
import { good, issueOf, shell } from './shell.ts'

const mebibyte = 1024 * 1024
const json = { ...good, 'content-type': 'application/fhir+json', 'content-encoding': 'gzip' }
const limited = { environment: { BODY_LIMIT_MIB: '1' } }

for (const [sentence, url, headers, body, expected] of [
  ['JSON', '/fhir/Patient', json, '{"resourceType":"Patient"}', { text: '{"resourceType":"Patient"}' }],
  ['JSON, the encoding in capitals', '/fhir/Patient', { ...json, 'content-encoding': 'GZIP' }, '{}', { text: '{}' }],
  ['JSON, by its old name', '/fhir/Patient', { ...json, 'content-encoding': 'x-gzip' }, '{}', { text: '{}' }],
  [
    'XML',
    '/fhir/Patient',
    { ...json, 'content-type': 'text/xml' },
    '<Patient xmlns="http://hl7.org/fhir"/>',
    { text: '{"resourceType":"Patient"}' },
  ],
  [
    'the content of a Binary',
    '/fhir/Binary',
    { ...json, 'content-type': 'text/plain' },
    'abc',
    { bytes: Buffer.from('abc') },
  ],
] as const) {
  t.test(`create: ${sentence} comes in gzip and arrives unpacked`, async t => {
    const { app, calls } = shell(limited)
    t.teardown(() => app.close())
    const answer = await app.inject({ method: 'POST', url, headers, payload: gzipSync(body) })
    t.equal(answer.statusCode, 200, answer.body)
    t.match(calls[0]?.body, expected)
  })
}

t.test('search-type: a posted search comes in gzip', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const headers = { ...json, 'content-type': 'application/x-www-form-urlencoded' }
  await app.inject({ method: 'POST', url: '/fhir/Patient/_search', headers, payload: gzipSync('date=2026') })
  t.same(calls[0]?.parameters, [['date', '2026']])
})

const whole = gzipSync('{"resourceType":"Patient"}')

for (const [sentence, encoding, payload, status, kind] of [
  ['as many bytes as the limit', 'gzip', gzipSync(`{}${' '.repeat(mebibyte - 2)}`), 200, undefined],
  ['a byte beyond the limit', 'gzip', gzipSync(`{}${' '.repeat(mebibyte - 1)}`), 413, 'bodyTooLarge'],
  ['a bomb of a gigabyte', 'gzip', undefined, 413, 'bodyTooLarge'],
  ['no gzip', 'gzip', Buffer.from('{}'), 400, 'malformedBody'],
  ['half of it', 'gzip', whole.subarray(0, whole.length / 2), 400, 'malformedBody'],
  ['gzip within gzip', 'gzip', gzipSync(whole), 400, 'malformedBody'],
  ['two encodings', 'gzip, gzip', gzipSync(whole), 415, 'unsupportedMediaType'],
  ['deflate', 'deflate', whole, 415, 'unsupportedMediaType'],
  ['Brotli', 'br', whole, 415, 'unsupportedMediaType'],
  ['no encoding, said so', 'identity', Buffer.from('{}'), 200, undefined],
  ['no encoding, said in capitals', 'IDENTITY', Buffer.from('{}'), 200, undefined],
] as const) {
  t.test(`a body of ${sentence} in ${encoding} gets ${status}`, async t => {
    const { app, calls } = shell(limited)
    t.teardown(() => app.close())
    const answer = await app.inject({
      method: 'POST',
      url: '/fhir/Patient',
      headers: { ...json, 'content-encoding': encoding },
      payload: payload ?? (await bomb()),
    })
    t.equal(answer.statusCode, status, answer.body)
    t.equal(calls.length, status === 200 ? 1 : 0)
    if (kind !== undefined) t.equal(issueOf(answer.body).kind, kind)
    t.equal(answer.headers['accept-encoding'], status === 415 ? 'gzip' : undefined)
    if (status === 415) t.match(issueOf(answer.body).diagnostics, /expected a body of plain bytes or gzip/)
  })
}

/** A gigabyte of blanks, a megabyte when packed. */
async function bomb(): Promise<Buffer> {
  const gzip = createGzip()
  const parts: Buffer[] = []
  gzip.on('data', (part: Buffer) => parts.push(part))
  const blanks = Buffer.alloc(mebibyte, ' ')
  for (let at = 0; at < 1024; at += 1) if (!gzip.write(blanks)) await new Promise(go => gzip.once('drain', go))
  await new Promise<void>(end => gzip.end(end))
  return Buffer.concat(parts)
}

t.test('a bomb is unpacked up to the limit only, and the connection still gets its answer', async t => {
  const { app } = shell(limited)
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const [address] = app.addresses()
  const port = typeof address === 'object' ? address.port : 0
  const packed = await bomb()
  const before = process.cpuUsage()
  const status = await new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/fhir/Patient',
        headers: { ...json, 'transfer-encoding': 'chunked' },
      },
      answer => {
        answer.resume()
        resolve(answer.statusCode)
      },
    )
    sent.on('error', reject)
    sent.end(packed.subarray(0, mebibyte))
  })
  t.equal(status, 413)
  t.ok(process.cpuUsage(before).user < 1_000_000, 'a gigabyte takes several seconds')
})

t.test('who has no token is refused before anything is unpacked', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const { authorization: _, ...nobody } = json
  const answer = await app.inject({ method: 'POST', url: '/fhir/Patient', headers: nobody, payload: Buffer.from('?') })
  t.equal(answer.statusCode, 401)
})

t.test('an empty body in gzip is an empty body', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const answer = await app.inject({ method: 'POST', url: '/fhir/Patient', headers: json, payload: gzipSync('') })
  t.equal(answer.statusCode, 400)
  t.equal(issueOf(answer.body).kind, 'malformedBody')
})
