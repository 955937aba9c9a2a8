/** The id that a client gives its request comes back with every answer, whichever part of the server gives it. https://hl7.org/fhir/R4/http.html#custom */
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { shell } from './shell.ts'

const { app } = shell()
t.teardown(() => app.close())
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo

/** The heads of what comes back for bytes, until the server ends the connection. */
const sent = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', text => {
      answer += text
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(answer))
    socket.write(bytes, 'latin1')
  })

const token = 'Authorization: Bearer good'
const json = 'Content-Type: application/fhir+json'
const request = (first: string, more: readonly string[], body = ''): string =>
  [
    `${first} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...more,
    ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
    'Connection: close',
    '',
    body,
  ].join('\r\n')

const idsIn = (answer: string): readonly string[] =>
  [...(answer.split('\r\n\r\n')[0] ?? '').matchAll(/^x-request-id: (.*)$/gim)].map(([, id = '']) => id)

for (const [status, first, more, body] of [
  [200, 'GET /fhir/Patient/1', [token], ''],
  [200, 'HEAD /fhir/Patient/1', [token], ''],
  [200, 'GET /fhir/metadata', [], ''],
  [401, 'GET /fhir/Patient/1', [], ''],
  [401, 'GET /fhir/Patient/1', ['Authorization: Bearer bad'], ''],
  [404, 'GET /fhir/Foo/1', [token], ''],
  [404, 'GET /nowhere', [token], ''],
  [405, 'PUT /fhir/metadata', [token, json], '{}'],
  [405, 'TRACE /fhir/Patient/1', [token], ''],
  [406, 'GET /fhir/Patient/1', [token, 'Accept: image/png'], ''],
  [415, 'POST /fhir/Patient', [token, 'Content-Type: text/csv'], 'a;b'],
  [400, 'GET /fhir/Patient?a=%E0%A4%A', [token], ''],
  [417, 'GET /fhir/metadata', ['Expect: foo'], ''],
] as const)
  t.test(`${first} ${more.join(', ')} is ${status}, and says the id`, async t => {
    const answer = await sent(request(first, [...more, 'X-Request-Id: given-1.a_B'], body))
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.same(idsIn(answer), ['given-1.a_B'])
  })

for (const [sentence, lines] of [
  ['too long', [`X-Request-Id: ${'a'.repeat(65)}`]],
  ['very long', [`X-Request-Id: ${'a'.repeat(9000)}`]],
  ['empty', ['X-Request-Id:']],
  ['with a space', ['X-Request-Id: a b']],
  ['with a tab', ['X-Request-Id: a\tb']],
  ['with a letter beyond ASCII', ['X-Request-Id: \u00e9']],
  ['with an escaped line break', ['X-Request-Id: a%0d%0aset-cookie:%20x=1']],
  ['given twice', ['X-Request-Id: a', 'X-Request-Id: b']],
  ['with a bare line feed behind it', ['X-Request-Id: a\nX-Injected: 1']],
  ['with a bare carriage return in it', ['X-Request-Id: a\rX-Injected: 1']],
  ['with a NUL', ['X-Request-Id: a\0b']],
  ['folded over two lines', ['X-Request-Id: a', ' X-Injected: 1']],
] as const)
  t.test(`an id ${sentence} is not said, and no header comes of it`, async t => {
    const answer = await sent(request('GET /fhir/Patient/1', [token, ...lines]))
    t.match(answer, /^HTTP\/1\.1 (200|400|431) /)
    const [head = '', text = ''] = answer.split('\r\n\r\n', 2)
    t.notMatch(head, /injected|set-cookie/i)
    if (!head.startsWith('HTTP/1.1 200')) t.match(JSON.parse(text), { resourceType: 'OperationOutcome' })
    for (const id of idsIn(answer))
      t.match(id, sentence.startsWith('with a bare line feed') ? /^[\w.-]+$/ : /^[\w-]{20,64}$/)
  })
