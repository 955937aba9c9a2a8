/** Binaries and attachments over HTTP. https://hl7.org/fhir/R4/binary.html#rest */
import { createHash } from 'node:crypto'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const mebibyte = 1024 * 1024
const noise = (size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, n) => (n * 2654435761) >>> 13)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const pdf = noise(5000)
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64')

t.test('raw bytes become a Binary of their media type, and come back as they were', async t => {
  const created = await rest.post('Binary', pdf, { headers: { 'content-type': 'application/pdf' } })
  t.equal(created.status, 201)
  const id = idOf(created)
  const raw = await rest.get(`Binary/${id}`)
  t.equal(raw.status, 200)
  t.equal(raw.headers.get('content-type'), 'application/pdf')
  t.ok(raw.bytes.equals(pdf))
  t.equal(raw.headers.get('etag'), 'W/"1"')
  t.ok(raw.headers.get('last-modified'))
  t.equal(raw.headers.get('content-length'), String(pdf.length))
})

t.test('a stored document is never run or guessed at by a browser', async t => {
  const page = Buffer.from('<script>alert(1)</script>')
  const id = idOf(await rest.post('Binary', new Uint8Array(page), { headers: { 'content-type': 'text/html' } }))
  const { headers } = await rest.get(`Binary/${id}`)
  t.equal(headers.get('content-disposition'), 'attachment')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.match(headers.get('content-security-policy'), /sandbox/)
})

t.test('a media type that is none does not come back as a header', async t => {
  for (const contentType of ['text/plain\r\nSet-Cookie: a=b', 'nonsense', 'text/html; charset=";\u0000']) {
    const created = await rest.post('Binary', { resourceType: 'Binary', contentType, data: 'QQ==' })
    if (created.status === 422) continue
    const raw = await rest.get(`Binary/${idOf(created)}`)
    t.equal(raw.status, 200)
    t.equal(raw.headers.get('content-type'), 'application/octet-stream')
    t.equal(raw.headers.get('set-cookie'), null)
  }
})

t.test('a client that accepts JSON gets the resource, with its data in base64', async t => {
  const id = idOf(await rest.post('Binary', pdf, { headers: { 'content-type': 'application/pdf' } }))
  for (const [range, status, from, to] of [
    ['bytes=0-99', 206, 0, 100],
    ['bytes=4900-', 206, 4900, 5000],
    ['bytes=4900-9999', 206, 4900, 5000],
    ['bytes=-10', 206, 4990, 5000],
    ['bytes=-9999', 206, 0, 5000],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=5000-', 416, 0, 0],
    ['bytes=-0', 416, 0, 0],
    ['bytes=9-3', 200, 0, 5000],
    ['bytes=0-1,5-6', 200, 0, 5000],
    ['pages=0-1', 200, 0, 5000],
  ] as const)
    t.test(`the range ${range} of 5,000 bytes is answered with ${status}`, async t => {
      const id = idOf(await rest.post('Binary', pdf, { headers: { 'content-type': 'application/pdf' } }))
      const answer = await rest.get(`Binary/${id}`, { headers: { range } })
      t.equal(answer.status, status)
      t.equal(answer.headers.get('accept-ranges'), 'bytes')
      const said = { 200: null, 206: `bytes ${from}-${to - 1}/5000`, 416: 'bytes */5000' }[status]
      t.equal(answer.headers.get('content-range'), said)
      if (status === 416) t.same(issuesOf(answer), ['rangeNotSatisfiable value'])
      else t.ok(answer.bytes.equals(pdf.subarray(from, to)))
    })

  t.test('a large document comes in part too, and as a resource only whole', async t => {
    const bytes = noise(3 * mebibyte)
    const id = idOf(await rest.post('Binary', bytes, { headers: { 'content-type': 'application/pdf' } }))
    const part = await rest.get(`Binary/${id}`, { headers: { range: `bytes=${mebibyte - 3}-${3 * mebibyte - 2}` } })
    t.equal(part.status, 206)
    t.ok(part.bytes.equals(bytes.subarray(mebibyte - 3, 3 * mebibyte - 1)))
    const resource = await rest.get(`Binary/${id}`, {
      headers: { range: 'bytes=0-9', accept: 'application/fhir+json' },
    })
    t.equal(resource.status, 200)
    t.match(resource.json, { resourceType: 'Binary' })
  })

  t.test('a range under If-Range or of a HEAD is answered whole', async t => {
    const id = idOf(await rest.post('Binary', pdf, { headers: { 'content-type': 'application/pdf' } }))
    const headers = { range: 'bytes=0-9', 'if-range': 'W/"1"' }
    t.equal((await rest.get(`Binary/${id}`, { headers })).status, 200)
    const head = await rest.head(`Binary/${id}`, { headers: { range: 'bytes=0-9' } })
    t.equal(head.status, 200)
  })

  for (const [url, accept] of [
    [`Binary/${id}`, 'application/fhir+json'],
    [`Binary/${id}`, 'application/json'],
    [`Binary/${id}?_format=json`, '*/*'],
  ] as const) {
    const answer = await rest.get(url, { headers: { accept } })
    t.equal(answer.headers.get('content-type'), 'application/fhir+json; charset=utf-8')
    t.match(answer.json, { resourceType: 'Binary', id, contentType: 'application/pdf', data: base64(pdf) })
  }
})

t.test('a Binary in JSON comes back raw', async t => {
  const created = await rest.post('Binary', { resourceType: 'Binary', contentType: 'image/png', data: base64(pdf) })
  t.equal(created.status, 201)
  const raw = await rest.get(`Binary/${idOf(created)}`, { headers: { accept: 'image/png' } })
  t.equal(raw.headers.get('content-type'), 'image/png')
  t.ok(raw.bytes.equals(pdf))
})

t.test('base64 comes back in its canonical form', async t => {
  const data = 'QUJD\nREVG \r\n R0g='
  const id = idOf(await rest.post('Binary', { resourceType: 'Binary', contentType: 'text/plain', data }))
  t.match((await rest.get(`Binary/${id}?_format=json`)).json, { data: 'QUJDREVGR0g=' })
  t.equal((await rest.get(`Binary/${id}`)).bytes.toString(), 'ABCDEFGH')
})

for (const data of ['QUJ', 'QU=JD', '****', 'QUJDR']) {
  t.test(`data that is no base64 (${data}) is answered with 422`, async t => {
    const answer = await rest.post('Binary', { resourceType: 'Binary', contentType: 'text/plain', data })
    t.equal(answer.status, 422)
    t.match(issuesOf(answer), [/^invalidResource \w+ Binary\.data$/])
  })
}

t.test('a Binary without data has none', async t => {
  const id = idOf(await rest.post('Binary', { resourceType: 'Binary', contentType: 'text/plain' }))
  const raw = await rest.get(`Binary/${id}`)
  t.equal(raw.status, 200)
  t.equal(raw.bytes.length, 0)
})

t.test('an update with raw bytes makes the next version, and each version keeps its own', async t => {
  const headers = { 'content-type': 'text/plain' }
  const id = idOf(await rest.post('Binary', new Uint8Array(Buffer.from('one')), { headers }))
  const updated = await rest.put(`Binary/${id}`, new Uint8Array(Buffer.from('two')), { headers })
  t.equal(updated.status, 200)
  t.equal(updated.headers.get('etag'), 'W/"2"')
  t.equal((await rest.get(`Binary/${id}`)).bytes.toString(), 'two')
  const former = await rest.get(`Binary/${id}/_history/1`)
  t.equal(former.status, 200)
  t.equal(former.headers.get('content-type'), 'text/plain')
  t.equal(former.bytes.toString(), 'one')
  t.match((await rest.get(`Binary/${id}/_history/1?_format=json`)).json, { data: base64(Buffer.from('one')) })
})

t.test('a conditional read of a Binary is answered with 304', async t => {
  const id = idOf(await rest.post('Binary', pdf, { headers: { 'content-type': 'application/pdf' } }))
  const answer = await rest.get(`Binary/${id}`, { headers: { 'if-none-match': 'W/"1"' } })
  t.equal(answer.status, 304)
  t.equal(answer.bytes.length, 0)
})

for (const size of [mebibyte, mebibyte + 1, 3 * mebibyte + 7]) {
  t.test(`${size} bytes come back as they were, raw and as JSON, and HEAD says how many`, async t => {
    const bytes = noise(size)
    const id = idOf(await rest.post('Binary', bytes, { headers: { 'content-type': 'application/pdf' } }))
    const raw = await rest.get(`Binary/${id}`)
    t.ok(raw.bytes.equals(bytes))
    t.equal(raw.headers.get('content-length'), String(size))
    const head = await rest.head(`Binary/${id}`)
    t.equal(head.status, 200)
    t.equal(head.headers.get('content-length'), String(size))
    t.equal(head.bytes.length, 0)
    const json = await rest.get(`Binary/${id}?_format=json`)
    t.ok(select(json.json, '/data')[0] === base64(bytes))
  })
}

for (const [sentence, contentType, status] of [
  ['XML of FHIR, which would be a resource', 'application/fhir+xml', 400],
  ['no media type', '', 415],
] as const) {
  t.test(`raw bytes of ${sentence} are answered with ${status}`, async t => {
    const headers: Record<string, string> = contentType === '' ? {} : { 'content-type': contentType }
    const response = await fetch(`${rest.base}/Binary`, { method: 'POST', headers, body: pdf })
    t.equal(response.status, status)
  })
}

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const documentWith = (attachment: object) => ({
  resourceType: 'DocumentReference',
  status: 'current',
  subject: { reference: `Patient/${patient}` },
  content: [{ attachment: { contentType: 'application/pdf', ...attachment } }],
})
const attachmentIn = (json: unknown): unknown => select(json, '/content/0/attachment')[0]

t.test('an attachment up to 1 MiB comes back inline', async t => {
  const bytes = noise(mebibyte)
  const sent = documentWith({ data: base64(bytes), size: bytes.length, hash: sha1(bytes), title: 'after' })
  const created = await rest.post('DocumentReference', sent)
  t.equal(created.status, 201)
  const read = await rest.get(`DocumentReference/${idOf(created)}`)
  t.ok(select(attachmentIn(read.json), '/data')[0] === base64(bytes))
  t.match(attachmentIn(read.json), { size: bytes.length, hash: sha1(bytes), title: 'after' })
  t.same(Object.keys(attachmentIn(read.json) ?? {}), ['contentType', 'data', 'size', 'hash', 'title'])
  const [found] = select((await rest.get(`DocumentReference?_id=${idOf(created)}`)).json, '/entry/0/resource')
  t.ok(select(attachmentIn(found), '/data')[0] === base64(bytes))
})

t.test('a larger attachment comes back as the address of a Binary that holds it', async t => {
  const bytes = noise(mebibyte + 1)
  const sent = documentWith({ data: base64(bytes), size: bytes.length, hash: sha1(bytes) })
  const created = await rest.post('DocumentReference', sent)
  t.equal(created.status, 201)
  const [url] = select(attachmentIn((await rest.get(`DocumentReference/${idOf(created)}`)).json), '/url')
  t.match(url, /Binary\//)
  t.same(select(attachmentIn(created.json), '/data'), [])
  const address = String(url).startsWith('http') ? String(url) : `${rest.base}/${url}`
  const raw = await rest.get(address, { headers: { accept: 'application/pdf' } })
  t.equal(raw.headers.get('content-type'), 'application/pdf')
  t.ok(raw.bytes.equals(bytes))
})

for (const [sentence, size] of [
  ['inline', 3000],
  ['larger than what comes back inline', mebibyte + 3000],
] as const) {
  const bytes = noise(size)
  for (const [what, declared] of [
    ['size', { size: size + 1 }],
    ['hash', { hash: sha1(noise(7)) }],
  ] as const) {
    t.test(`data ${sentence} of another ${what} than its attachment says is answered with 422`, async t => {
      const answer = await rest.post('DocumentReference', documentWith({ data: base64(bytes), ...declared }))
      t.equal(answer.status, 422)
      t.same(issuesOf(answer), [`invalidResource structure DocumentReference.content[0].attachment.${what}`])
    })
  }
}

t.test('the member "data" may be written with an escape', async t => {
  const bytes = noise(mebibyte + 100)
  const text = JSON.stringify(documentWith({ data: base64(bytes) })).replace('"data"', '"d\\u0061ta"')
  const created = await rest.post('DocumentReference', text)
  t.equal(created.status, 201)
})

t.test('the same data twice is kept in its two places', async t => {
  const [one, other] = [noise(100), noise(200)]
  const sent = {
    ...documentWith({}),
    content: [one, other, one].map(bytes => ({ attachment: { contentType: 'image/png', data: base64(bytes) } })),
  }
  const id = idOf(await rest.post('DocumentReference', sent))
  const read = await rest.get(`DocumentReference/${id}`)
  t.same(select(read.json, '/content/*/attachment/data'), [one, other, one].map(base64))
})

t.test('a text that looks like the mark of lifted data is only a text', async t => {
  const sent = { ...documentWith({ data: base64(noise(64)) }), description: 'lifted:01:0 "lifted:' }
  const id = idOf(await rest.post('DocumentReference', sent))
  const read = await rest.get(`DocumentReference/${id}`)
  t.match(read.json, { description: 'lifted:01:0 "lifted:' })
  t.same(select(attachmentIn(read.json), '/data'), [base64(noise(64))])
})
