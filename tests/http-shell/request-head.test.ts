/** Heads that Node would refuse with an empty body, over a socket. https://www.rfc-editor.org/rfc/rfc9110 */
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { issueOf, shell } from './shell.ts'

const { app, calls } = shell()
t.teardown(() => app.close())
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo

/** What comes back for the lines of a head, until the server ends the connection. */
const sent = (...lines: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', text => {
      answer += text
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(answer))
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })

const host = 'Host: 127.0.0.1'
const last = 'Connection: close'
const token = 'Authorization: Bearer good'

for (const [sentence, lines, status, kind, expression] of [
  ['HTTP/1.1 without Host', ['GET /fhir/metadata HTTP/1.1', last], 400, 'badParameter', 'http.host'],
  ['two hosts', ['GET /fhir/metadata HTTP/1.1', host, host, last], 400, 'badParameter', 'http.host'],
  [
    'another host, of a write',
    ['POST /fhir/Patient HTTP/1.1', host, token, 'HOST: other.example', 'Content-Length: 0', last],
    400,
    'badParameter',
    'http.host',
  ],
  ['two hosts in HTTP/1.0', ['GET /fhir/metadata HTTP/1.0', host, host], 400, 'badParameter', 'http.host'],
  [
    'an expectation',
    ['GET /fhir/metadata HTTP/1.1', host, 'Expect: foo', last],
    417,
    'expectationFailed',
    'http.expect',
  ],
  [
    'an expectation of a write',
    ['POST /fhir/Patient HTTP/1.1', host, token, 'Expect: 200-ok', 'Content-Length: 0', last],
    417,
    'expectationFailed',
    'http.expect',
  ],
  ['TRACE', ['TRACE /fhir/Patient/1 HTTP/1.1', host, token, last], 405, 'notAllowed', undefined],
  ['TRACE of what is open', ['TRACE /fhir/metadata HTTP/1.1', host, last], 405, 'notAllowed', undefined],
  ['a method of WebDAV', ['PROPFIND /fhir/Patient HTTP/1.1', host, token, last], 405, 'notAllowed', undefined],
  ['a type that is not served by TRACE', ['TRACE /fhir/Basic HTTP/1.1', host, last], 404, 'notServed', undefined],
  ['CONNECT', ['CONNECT dmp.example:443 HTTP/1.1', host], 405, 'notAllowed', undefined],
  ['no method at all', ['HELLO / HTTP/1.1', host, last], 400, 'badParameter', undefined],
] as const) {
  t.test(`${sentence} is refused with ${status} and an OperationOutcome`, async t => {
    const answer = await sent(...lines)
    const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.match(head, /content-type: application\/fhir\+json/i)
    t.match(issueOf(body), { kind, ...(expression === undefined ? {} : { expression }) })
    if (status === 405) t.match(head, sentence === 'CONNECT' ? /^allow: *$/im : /^allow: [A-Z, ]*GET/im)
    t.notMatch(answer, 'Bearer', 'nothing of the request comes back')
    t.same(calls, [])
  })
}

for (const [sentence, lines] of [
  ['HTTP/1.0 without Host', ['GET /health/live HTTP/1.0']],
  ['an expectation to go on', ['GET /health/live HTTP/1.1', host, 'Expect: 100-Continue', last]],
] as const) {
  t.test(`${sentence} is answered`, async t => t.match(await sent(...lines), 'HTTP/1.1 200'))
}

t.test('CONNECT is answered with the X-Request-Id that was given, or one of our own', async t => {
  const asked = ['CONNECT dmp.example:443 HTTP/1.1', host]
  t.match(await sent(...asked, 'X-Request-Id: mine-1'), /^x-request-id: mine-1\r$/im)
  t.match(await sent(...asked), /^x-request-id: [0-9a-f-]{36}\r$/im)
  t.match(await sent(...asked, 'X-Request-Id: <b>'), /^x-request-id: [0-9a-f-]{36}\r$/im)
})
