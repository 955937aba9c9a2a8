import t from 'tap'
import { type FailureKind, fail, failureKinds, ok } from '../../resources/outcome.ts'
import { bundleInteraction } from '../../server/http/bundle-type.ts'
import { pretty } from '../../server/http/pretty.ts'
import { Unavailable } from '../../server/store/unavailable.ts'
import { good, issueOf, shell } from './shell.ts'

const json = { ...good, 'content-type': 'application/fhir+json' }

for (const [sentence, url, accept, status, format = 'json'] of [
  ['no Accept', '/fhir/Patient/1', undefined, 200],
  ['anything', '/fhir/Patient/1', '*/*', 200],
  ['JSON of FHIR', '/fhir/Patient/1', 'application/fhir+json', 200],
  ['JSON of FHIR 4.0', '/fhir/Patient/1', 'application/fhir+json; fhirVersion=4.0', 200],
  ['plain JSON among others', '/fhir/Patient/1', 'text/html, application/json;q=0.5', 200],
  [
    'what a browser accepts',
    '/fhir/Patient/1',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    200,
    'xml',
  ],
  ['XML of FHIR', '/fhir/Patient/1', 'application/fhir+xml', 200, 'xml'],
  ['plain XML', '/fhir/Patient/1', 'application/xml', 200, 'xml'],
  ['XML as text, in capitals', '/fhir/Patient/1', 'TEXT/XML; charset=utf-8', 200, 'xml'],
  ['XML of FHIR 4.0', '/fhir/Patient/1', 'application/fhir+xml; fhirVersion="4.0"', 200, 'xml'],
  ['JSON as DSTU2 named it', '/fhir/Patient/1', 'application/json+fhir', 200],
  ['XML as DSTU2 named it', '/fhir/Patient/1', 'application/xml+fhir;charset=utf-8', 200, 'xml'],
  ['XML of DSTU2 by _format', '/fhir/Patient/1?_format=application/xml%2Bfhir', undefined, 200, 'xml'],
  ['JSON with q=0', '/fhir/Patient/1', 'application/fhir+json;q=0, application/fhir+xml', 200, 'xml'],
  ['anything but JSON', '/fhir/Patient/1', '*/*, application/fhir+json;q=0', 200, 'xml'],
  ['anything but XML', '/fhir/Patient/1', 'application/fhir+xml;q=0, application/*', 200],
  ['anything of applications, XML more', '/fhir/Patient/1', 'application/*;q=0.3, text/xml;q=0.4', 200, 'xml'],
  ['XML less than JSON', '/fhir/Patient/1', 'application/fhir+xml;q=0.8, application/fhir+json;q=0.9', 200],
  ['XML more than JSON', '/fhir/Patient/1', 'application/fhir+xml;q=0.9, application/fhir+json;q=0.8', 200, 'xml'],
  ['both alike', '/fhir/Patient/1', 'application/fhir+xml, application/fhir+json', 200],
  ['JSON of FHIR 5.0, or XML', '/fhir/Patient/1', 'application/fhir+json; fhirVersion=5.0, text/xml;q=0.1', 200, 'xml'],
  ['nothing at all', '/fhir/Patient/1', '*/*;q=0', 406],
  ['a quality that is none', '/fhir/Patient/1', 'application/fhir+json;q=x', 406],
  ['a web page', '/fhir/Patient/1', 'text/html', 406],
  ['Turtle', '/fhir/Patient/1', 'text/turtle', 406],
  ['FHIR 5.0', '/fhir/Patient/1', 'application/fhir+json; fhirVersion=5.0', 406],
  ['_format=json against Accept', '/fhir/Patient/1?_format=json', 'application/fhir+xml', 200],
  ['_format with an unescaped plus', '/fhir/Patient/1?_format=application/fhir+json', undefined, 200],
  ['_format=xml', '/fhir/Patient/1?_format=xml', 'application/fhir+json', 200, 'xml'],
  ['_format=text/xml', '/fhir/Patient/1?_format=text/xml', undefined, 200, 'xml'],
  ['_format=application/xml', '/fhir/Patient/1?_format=application%2Fxml', undefined, 200, 'xml'],
  ['_format=application/fhir+xml', '/fhir/Patient/1?_format=application/fhir%2Bxml', 'text/html', 200, 'xml'],
  ['_format=application/json', '/fhir/Patient/1?_format=application/json', 'application/fhir+xml', 200],
  ['_format=text/json', '/fhir/Patient/1?_format=text/json', undefined, 200],
  ['_format=ttl', '/fhir/Patient/1?_format=ttl', undefined, 406],
  ['_format=html against Accept', '/fhir/Patient/1?_format=html', 'application/fhir+json', 406],
  ['an empty _format', '/fhir/Patient/1?_format=', undefined, 406],
  ['a PDF of a Binary', '/fhir/Binary/1', 'application/pdf', 200],
  ['a document in XML of a Binary', '/fhir/Binary/1', 'application/xml', 200],
  ['a Binary in XML of FHIR', '/fhir/Binary/1', 'application/fhir+xml', 200, 'xml'],
  ['a PDF of a Patient', '/fhir/Patient/1', 'application/pdf', 406],
  ['XML of a Binary by _format', '/fhir/Binary/1?_format=xml', '*/*', 200, 'xml'],
  ['XML of what is promised', '/fhir/metadata', 'application/fhir+xml', 200, 'xml'],
  ['XML of a list', '/fhir/Patient', 'application/fhir+xml', 200, 'xml'],
] as const) {
  t.test(`http#mime-type: a client that accepts ${sentence} gets ${status}`, async t => {
    const { app } = shell()
    t.teardown(() => app.close())
    const headers = accept === undefined ? good : { ...good, accept }
    const answer = await app.inject({ url, headers })
    t.equal(answer.statusCode, status)
    const head = await app.inject({ method: 'HEAD', url, headers })
    t.same([head.statusCode, head.body], [status, ''])
    for (const name of ['content-type', 'content-length', 'etag'])
      t.equal(head.headers[name], answer.headers[name], name)
    t.equal(answer.headers['content-type'], `application/fhir+${format}; charset=utf-8`)
    t.match(answer.body, format === 'xml' ? /^<\?xml version="1\.0" encoding="UTF-8"\?><Basic xmlns=/ : /^\{/)
    if (status === 406) t.match(issueOf(answer.body), { code: 'not-supported', kind: 'notAcceptable' })
  })
}

for (const [sentence, type, contentType, payload, status, kind] of [
  ['JSON of FHIR', 'Patient', 'application/fhir+json', '{}', 200, undefined],
  ['JSON with its character set', 'Patient', 'application/fhir+json; charset=UTF-8', '{}', 200, undefined],
  ['plain JSON', 'Patient', 'application/json', '{}', 200, undefined],
  ['XML of FHIR', 'Patient', 'application/fhir+xml', '<Patient xmlns="http://hl7.org/fhir"/>', 200, undefined],
  ['plain XML', 'Patient', 'application/xml', '<Patient xmlns="http://hl7.org/fhir"/>', 200, undefined],
  ['XML as text', 'Patient', 'text/xml;charset="utf-8"', '<Patient xmlns="http://hl7.org/fhir"/>', 200, undefined],
  ['XML without its namespace', 'Patient', 'application/fhir+xml', '<Patient/>', 400, 'malformedBody'],
  ['XML in another character set', 'Patient', 'text/xml; charset=iso-8859-1', '<x/>', 415, 'unsupportedMediaType'],
  ['JSON said to be XML', 'Patient', 'application/fhir+xml', '{"resourceType":"Patient"}', 400, 'malformedBody'],
  ['nothing said to be XML', 'Patient', 'application/fhir+xml', '', 400, 'malformedBody'],
  [
    'XML as a Binary resource',
    'Binary',
    'application/fhir+xml',
    '<Binary xmlns="http://hl7.org/fhir"/>',
    200,
    undefined,
  ],
  ['Turtle', 'Patient', 'text/turtle', '[]', 415, 'unsupportedMediaType'],
  ['a document in XML as the content of a Binary', 'Binary', 'text/xml', '<ClinicalDocument/>', 200, undefined],
  ['text', 'Patient', 'text/plain', '{}', 415, 'unsupportedMediaType'],
  ['a form', 'Patient', 'application/x-www-form-urlencoded', 'a=b', 415, 'unsupportedMediaType'],
  ['no media type at all', 'Patient', undefined, '{}', 415, 'unsupportedMediaType'],
  ['a media type that is none', 'Patient', ';;', '{}', 415, 'unsupportedMediaType'],
  ['another character set', 'Patient', 'application/json; charset=latin1', '{}', 415, 'unsupportedMediaType'],
  ['another version of FHIR', 'Patient', 'application/fhir+json; fhirVersion=3.0', '{}', 415, 'unsupportedMediaType'],
  ['nothing', 'Patient', 'application/fhir+json', '', 400, 'malformedBody'],
  [
    'bytes that are no UTF-8',
    'Patient',
    'application/fhir+json',
    Buffer.from([0x7b, 0xe9, 0x7d]),
    400,
    'malformedBody',
  ],
  ['more bytes than the limit', 'Patient', 'application/fhir+json', 'x'.repeat(1024 * 1024 + 1), 413, 'bodyTooLarge'],
] as const) {
  t.test(`create: a body of ${sentence} for ${type} gets ${status}`, async t => {
    const { app, calls } = shell({ environment: { BODY_LIMIT_MIB: '1' } })
    t.teardown(() => app.close())
    const headers = contentType === undefined ? good : { ...good, 'content-type': contentType }
    const answer = await app.inject({ method: 'POST', url: `/fhir/${type}`, headers, payload })
    t.equal(answer.statusCode, status, answer.body)
    t.equal(calls.length, status === 200 ? 1 : 0)
    if (kind !== undefined) t.equal(issueOf(answer.body).kind, kind)
  })
}

t.test('binary: any other content arrives as its bytes, with its security context', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const payload = Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0x00])
  const headers = { ...good, 'content-type': 'application/pdf', 'x-security-context': 'DocumentReference/7' }
  await app.inject({ method: 'PUT', url: '/fhir/Binary/1', headers, payload })
  t.match(calls[0]?.body, { form: 'raw', contentType: 'application/pdf', securityContext: 'DocumentReference/7' })
  const body = calls[0]?.body
  t.same(body?.form === 'raw' ? Buffer.from(body.bytes) : undefined, payload)
})

t.test('search-type: a posted search takes forms only, and no token among its parameters', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const post = (contentType: string, payload: string) =>
    app.inject({
      method: 'POST',
      url: '/fhir/Patient/_search',
      headers: { ...good, 'content-type': contentType },
      payload,
    })
  t.equal((await post('application/json', '{}')).statusCode, 415)
  const withToken = await post('application/x-www-form-urlencoded', 'access_token=good')
  t.match(issueOf(withToken.body), { kind: 'badParameter', expression: 'access_token' })
  t.same(calls, [])
})

for (const [prefer, url, preferences] of [
  [undefined, '/fhir/Patient', { returns: 'representation', handling: 'strict' }],
  [undefined, '/fhir', { returns: 'minimal', handling: 'strict' }],
  ['return=minimal', '/fhir/Patient', { returns: 'minimal' }],
  ['return=OperationOutcome, handling=lenient', '/fhir/Patient', { returns: 'OperationOutcome', handling: 'lenient' }],
  ['handling="lenient"; return=representation', '/fhir', { returns: 'representation', handling: 'lenient' }],
  [
    'return=everything, handling=loose, respond-async',
    '/fhir/Patient',
    { returns: 'representation', handling: 'strict' },
  ],
] as const) {
  t.test(`http#return: Prefer ${prefer} at ${url} is ${JSON.stringify(preferences)}`, async t => {
    const { app, calls } = shell()
    t.teardown(() => app.close())
    await app.inject({ method: 'POST', url, headers: prefer === undefined ? json : { ...json, prefer }, payload: '{}' })
    t.match(calls[0]?.preferences, preferences)
  })
}

t.test('http#concurrency: conditions arrive as they were written, and are absent when they were', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const conditions = {
    'if-match': 'W/"3"',
    'if-none-match': 'W/"1"',
    'if-modified-since': 'Sat, 21 Nov 2026 10:00:00 GMT',
    'if-unmodified-since': 'Sun, 22 Nov 2026 10:00:00 GMT',
    'if-none-exist': 'identifier=a|b',
  }
  await app.inject({ method: 'PUT', url: '/fhir/Patient/1', headers: { ...json, ...conditions }, payload: '{}' })
  await app.inject({ url: '/fhir/Patient/1', headers: { ...good, accept: 'application/json' } })
  t.same(calls[0]?.preferences, {
    returns: 'representation',
    handling: 'strict',
    accept: '*/*',
    ifMatch: 'W/"3"',
    ifNoneMatch: 'W/"1"',
    ifModifiedSince: 'Sat, 21 Nov 2026 10:00:00 GMT',
    ifUnmodifiedSince: 'Sun, 22 Nov 2026 10:00:00 GMT',
    ifNoneExist: 'identifier=a|b',
  })
  t.same(calls[1]?.preferences, { returns: 'representation', handling: 'strict', accept: 'application/json' })
})

for (const [given, echoed] of [
  ['abc-123_x.y', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  ['with space', false],
  ['<script>', false],
] as const) {
  t.test(`X-Request-Id "${given.slice(0, 20)}" (${given.length}) is ${echoed ? '' : 'not '}taken over`, async t => {
    const { app, calls } = shell()
    t.teardown(() => app.close())
    const answer = await app.inject({ url: '/fhir/Patient/1', headers: { ...good, 'x-request-id': given } })
    t.equal(answer.headers['x-request-id'] === given, echoed)
    t.equal(calls[0]?.request, answer.headers['x-request-id'])
    t.match(answer.headers['x-request-id'], /^[A-Za-z0-9._-]{1,64}$/)
  })
}

t.test('every answer of the API carries the same protection, refusals too', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  for (const url of ['/fhir/Patient/1', '/fhir/Foo', '/nowhere', '/fhir/%zz', '/health/live']) {
    const { headers } = await app.inject({ url, headers: good })
    t.match(
      headers,
      { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': /sandbox/ },
      url,
    )
  }
})

t.test('what the interaction says wins over what every answer carries', async t => {
  const { app } = shell({
    perform: async () =>
      ok({
        status: 200,
        headers: { 'Content-Security-Policy': 'sandbox', ETag: 'W/"2"' },
        contentType: 'application/pdf',
        body: Buffer.from('%PDF'),
      }),
  })
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/fhir/Binary/1?_pretty=true', headers: good })
  t.match(answer.headers, { 'content-security-policy': /^sandbox$/, etag: 'W/"2"', 'content-type': 'application/pdf' })
  t.equal(answer.body, '%PDF')
})

t.test('a streamed body arrives whole; HEAD has its headers and no body; 304 has neither body nor type', async t => {
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (const part of ['ab', 'cd']) yield Buffer.from(part)
  }
  const { app } = shell({
    perform: async (_context, { preferences }) =>
      preferences.ifNoneMatch === undefined
        ? ok({ status: 200, headers: { 'Content-Length': '4' }, contentType: 'text/plain', body: chunks() })
        : ok({ status: 304, headers: { ETag: 'W/"1"' } }),
  })
  t.teardown(() => app.close())
  t.equal((await app.inject({ url: '/fhir/Binary/1', headers: good })).body, 'abcd')
  const head = await app.inject({ method: 'HEAD', url: '/fhir/Binary/1', headers: good })
  t.match(head, { statusCode: 200, body: '', headers: { 'content-length': '4', 'content-type': 'text/plain' } })
  const unmodified = await app.inject({ url: '/fhir/Binary/1', headers: { ...good, 'if-none-match': 'W/"1"' } })
  t.match(unmodified, { statusCode: 304, body: '' })
  t.notOk(unmodified.headers['content-type'])
})

for (const kind of Object.keys(failureKinds) as FailureKind[]) {
  t.test(`failures: ${kind} is an OperationOutcome with its status and code`, async t => {
    const { app } = shell({ perform: async () => fail(kind, 'expected this, found that', 'Patient.name') })
    t.teardown(() => app.close())
    const answer = await app.inject({ url: '/fhir/Patient/1', headers: good })
    t.equal(answer.statusCode, failureKinds[kind].status)
    t.match(issueOf(answer.body), { code: failureKinds[kind].code, kind, expression: 'Patient.name' })
    t.equal(answer.headers['retry-after'], kind === 'unavailable' || kind === 'tooManyRequests' ? '5' : undefined)
    const challenges: Partial<Record<FailureKind, string>> = {
      unauthenticated: 'Bearer realm="dmp", error="invalid_token"',
      insufficientScope: 'Bearer realm="dmp", error="insufficient_scope"',
    }
    t.equal(answer.headers['www-authenticate'], challenges[kind])
  })
}

t.test('an exception tells the client nothing but the id of the request, and the log nothing of a record', async t => {
  const lines: string[] = []
  const { createLog } = await import('../../server/log.ts')
  const log = createLog('info', { write: line => void lines.push(line) })
  const { app } = shell({
    perform: async () => {
      throw new Error('dup key: { ins: "258037599912305" }', { cause: new TypeError('258037599912305') })
    },
    parts: { log },
  })
  t.teardown(() => app.close())
  const answer = await app.inject({
    url: '/fhir/Patient/258037599912305?name=258037599912305',
    headers: { ...good, 'x-request-id': 'r-1' },
  })
  t.equal(answer.statusCode, 500)
  t.match(issueOf(answer.body), { code: 'exception', diagnostics: /quote r-1/ })
  t.notMatch(answer.body, /258037599912305|dup key/)
  t.match(lines.join(''), /"request":"r-1"/)
  t.match(lines.join(''), /"route":"\/fhir\/:type\/:id","status":500/)
  t.match(lines.join(''), /http\.test\.ts/)
  t.notMatch(lines.join(''), /258037599912305/)
})

for (const url of ['/fhir/Patient/_search', '/fhir/Patient/258037599912305/Observation/_search', '/fhir/_search'])
  t.test(`what is posted to ${url} is in no line of the log, whether it can be read or not`, async t => {
    const lines: string[] = []
    const { createLog } = await import('../../server/log.ts')
    const log = createLog('trace', { write: line => void lines.push(line) })
    const { app, calls } = shell({ parts: { log } })
    t.teardown(() => app.close())
    const headers = { ...good, 'content-type': 'application/x-www-form-urlencoded' }
    const [read, unread] = ['identifier=258037599912305', 'identifier=%zz258037599912305']
    t.equal((await app.inject({ method: 'POST', url, headers, payload: read })).statusCode, 200)
    t.equal((await app.inject({ method: 'POST', url, headers, payload: unread })).statusCode, 400)
    t.same(calls[0]?.parameters, [['identifier', '258037599912305']])
    t.equal(lines.length, 2)
    t.notMatch(lines.join(''), /258037599912305/)
  })

t.test('a database that cannot answer in time is 503 with Retry-After', async t => {
  const { app } = shell({
    perform: async () => {
      throw new Unavailable()
    },
  })
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/fhir/Patient/1', headers: good })
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '5')
  t.match(issueOf(answer.body), { code: 'transient', kind: 'unavailable' })
})

t.test('health: ready follows the database, live does not', async t => {
  const { app } = shell({ parts: { ready: async () => false } })
  t.teardown(() => app.close())
  t.equal((await app.inject('/health/ready')).statusCode, 503)
  t.equal((await app.inject('/health/live')).statusCode, 200)
})

for (const [text, indented] of [
  ['{"a":1.0,"b":[],"c":{},"d":[1,2]}', '{\n  "a": 1.0,\n  "b": [],\n  "c": {},\n  "d": [\n    1,\n    2\n  ]\n}'],
  ['{"a":"x\\"{[,:]}\\\\","b":1.50e2}', '{\n  "a": "x\\"{[,:]}\\\\",\n  "b": 1.50e2\n}'],
  ['[]', '[]'],
] as const) {
  t.test(`pretty: ${text} keeps every literal`, async t => {
    t.equal(pretty(Buffer.from(text)).toString(), indented)
    t.same(JSON.parse(indented), JSON.parse(text))
  })
}

for (const [text, interaction] of [
  ['{"resourceType":"Bundle","type":"batch"}', 'batch'],
  ['{"entry":[{"resource":{"type":"transaction"}}],"type":"batch"}', 'batch'],
  ['{"a":"\\"type\\":\\"batch\\"","type":"transaction"}', 'transaction'],
  ['{"entry":[{"type":"batch"}]}', 'transaction'],
  ['{"type":{"type":"batch"}}', 'transaction'],
  ['{"a":"type","b":"batch"}', 'transaction'],
  ['{"text":"', 'transaction'],
] as const) {
  t.test(`transaction: ${text} is taken as a ${interaction}`, async t => t.equal(bundleInteraction(text), interaction))
}

t.test('transaction: the type is found behind ten megabytes of escapes', async t => {
  t.equal(bundleInteraction(`{"a":"${'\\n'.repeat(5_000_000)}","type":"batch"}`), 'batch')
})
