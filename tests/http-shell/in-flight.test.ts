import { once } from 'node:events'
import { connect, Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { letInFirst } from '../../server/http/arrivals.ts'
import { bytesOfOne } from '../../server/http/in-flight.ts'
import { Turns } from '../../server/http/turns.ts'
import type { Perform } from '../../server/interactions/interaction.ts'
import { fine, good, issueOf, shell } from './shell.ts'

/** Longer than a request waits for its turn. */
const tooLong = 1200

/** A shell that works on at most so many requests, each of which ends when it is told to. */
function held(test: Test, most: number, then: Perform = fine) {
  const gates: (() => void)[] = []
  const release = (): void => {
    for (const open of gates.splice(0)) open()
  }
  const perform: Perform = async (context, call) => {
    await new Promise<void>(resolve => gates.push(resolve))
    return then(context, call)
  }
  const made = shell({ perform, environment: { MAX_REQUESTS_IN_FLIGHT: String(most) } })
  test.teardown(() => {
    release()
    return made.app.close()
  })
  return { ...made, release }
}

const read = (app: FastifyInstance) => app.inject({ url: '/fhir/Patient/1', headers: good })

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2)
}

async function portOf(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const [address] = app.addresses()
  return typeof address === 'object' ? address.port : 0
}

const get = 'GET /fhir/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n'
const post = (length: number): string =>
  `POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/fhir+json\r\nContent-Length: ${length}\r\n\r\n`

/** A client that has said this. */
function saying(test: Test, port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  socket.on('error', () => undefined)
  test.teardown(() => socket.destroy())
  return socket
}

t.test('who comes beyond the most in flight is turned away with 503 and Retry-After, and nothing is done', async t => {
  const { app, calls, release } = held(t, 2)
  const running = [read(app), read(app)]
  await until(() => calls.length === 2)
  const sent = performance.now()
  const body = '{"resourceType":"Patient"}'
  const headers = { ...good, 'content-type': 'application/fhir+json' }
  const refused = await app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload: body })
  t.ok(performance.now() - sent < tooLong, 'soon enough for somebody who waits')
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['retry-after'], '5')
  t.not(refused.headers.connection, 'close', 'the connection is kept')
  t.match(issueOf(refused.body), { code: 'transient', kind: 'unavailable', diagnostics: /nothing was done/ })
  t.equal(calls.length, 2)
  release()
  for (const { statusCode } of await Promise.all(running)) t.equal(statusCode, 200)
  const again = read(app)
  await until(() => calls.length === 3)
  release()
  t.equal((await again).statusCode, 200)
})

t.test('who comes a little too early waits and is answered', async t => {
  const { app, calls, release } = held(t, 1)
  const first = read(app)
  await until(() => calls.length === 1)
  const second = read(app)
  await sleep(50)
  t.equal(calls.length, 1)
  release()
  await until(() => calls.length === 2)
  release()
  t.same([(await first).statusCode, (await second).statusCode], [200, 200])
})

t.test('a token is not even looked at before it is the turn of the request', async t => {
  const { app, calls, release } = held(t, 1)
  const first = read(app)
  await until(() => calls.length === 1)
  t.equal((await app.inject('/fhir/Patient/1')).statusCode, 503)
  release()
  await first
  t.equal((await app.inject('/fhir/Patient/1')).statusCode, 401)
})

t.test('health is answered however many requests are in flight', async t => {
  const { app, calls } = held(t, 1)
  void read(app)
  await until(() => calls.length === 1)
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal((await app.inject('/health/ready')).statusCode, 200)
})

t.test('errors, refusals, unknown URLs and wrong methods leave room for those after them', async t => {
  const broken: Perform = async () => {
    throw new Error('broken')
  }
  const { app } = shell({ perform: broken, environment: { MAX_REQUESTS_IN_FLIGHT: '1' } })
  t.teardown(() => app.close())
  for (const [url, method, status] of [
    ['/fhir/Patient/1', 'GET', 500],
    ['/fhir/Foo/1', 'GET', 404],
    ['/nowhere', 'GET', 404],
    ['/fhir/Patient/1', 'PATCH', 405],
    ['/fhir/%zz', 'GET', 400],
    ['/fhir/Patient', 'POST', 415],
  ] as const) {
    for (const _ of [1, 2]) t.equal((await app.inject({ url, method, headers: good })).statusCode, status, url)
  }
})

t.test('a client that hangs up makes no room before its work has ended', async t => {
  const { app, calls, release } = held(t, 1)
  const port = await portOf(app)
  const client = saying(t, port, get)
  await until(() => calls.length === 1)
  client.destroy()
  await sleep(50)
  t.equal((await read(app)).statusCode, 503)
  release()
  const next = read(app)
  await until(() => calls.length === 2)
  release()
  t.equal((await next).statusCode, 200)
})

t.test('a client that hangs up in the middle of its body, or while it waits, makes room', async t => {
  const { app, calls, release } = held(t, 1)
  const port = await portOf(app)
  const slow = saying(t, port, `${post(100)}{`)
  await sleep(50)
  const waiting = saying(t, port, get)
  await sleep(50)
  t.equal(calls.length, 0)
  waiting.destroy()
  await sleep(50)
  slow.destroy()
  const next = read(app)
  await until(() => calls.length === 1)
  release()
  t.equal((await next).statusCode, 200)
  t.equal(calls.length, 1, 'nobody works for who has left')
})

t.test('requests behind another one on a connection that breaks make room too', async t => {
  const { app, calls, release } = held(t, 3)
  const port = await portOf(app)
  const client = saying(t, port, get + get + get)
  await until(() => calls.length === 3)
  client.destroy()
  await sleep(50)
  release()
  const next = [read(app), read(app), read(app)]
  await until(() => calls.length === 6)
  release()
  for (const { statusCode } of await Promise.all(next)) t.equal(statusCode, 200)
})

t.test('many clients come, hang up and come again: nothing stays counted', async t => {
  const { app } = shell({
    environment: { MAX_REQUESTS_IN_FLIGHT: '2' },
    perform: async (...given) => sleep(1).then(() => fine(...given)),
  })
  t.teardown(() => app.close())
  const port = await portOf(app)
  for (let round = 0; round < 10; round += 1) {
    const clients = Array.from({ length: 20 }, (_, at) =>
      saying(t, port, at % 2 === 0 ? get + get : `${post(bytesOfOne)}{`),
    )
    await sleep((round * 7) % 20)
    for (const client of clients) client.destroy()
  }
  await sleep(50)
  const answers = await Promise.all(Array.from({ length: 20 }, () => read(app)))
  t.same(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))
})

t.test('a refusal keeps the connection, also after a body that was not read', async t => {
  const { app, calls, release } = held(t, 1)
  const port = await portOf(app)
  const running = read(app)
  await until(() => calls.length === 1)
  const body = JSON.stringify({ resourceType: 'Patient', text: 'x'.repeat(bytesOfOne) })
  const client = saying(t, port, post(body.length) + body)
  const [refusal] = (await once(client, 'data')) as [Buffer]
  t.match(refusal.toString(), /^HTTP\/1\.1 503 /)
  t.notMatch(refusal.toString(), /connection: close/i)
  release()
  await running
  client.write(get)
  await until(() => calls.length === 2)
  release()
  const [answer] = (await once(client, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 200 /)
})

t.test('bodies count by their size, and one without a length as 1 MiB', async t => {
  const { app, calls, release } = held(t, 4)
  const port = await portOf(app)
  saying(t, port, `${post(3 * bytesOfOne)}{`)
  await sleep(50)
  t.equal((await read(app)).statusCode, 503)
  const other = held(t, 4)
  const chunked = post(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')
  saying(t, await portOf(other.app), `${chunked}1\r\n{\r\n`)
  await sleep(50)
  t.equal((await read(other.app)).statusCode, 503)
  t.same([...calls, ...other.calls], [])
  release()
})

/** Turns, and who was told what. */
function told(limits: { running: number; waiting?: number; patience?: number }) {
  const turns = new Turns({ waiting: 10, patience: 20, ...limits })
  const heard: string[] = []
  const ask = (name: string, weight = 1) => turns.ask(weight, isTurn => heard.push(`${name} ${isTurn}`))
  return { turns, heard, ask }
}

t.test('turns come in the order of asking; a light one does not pass a heavy one', async t => {
  const { turns, heard, ask } = told({ running: 3 })
  const [a, b] = [ask('a'), ask('b')]
  ask('heavy', 3)
  const light = ask('light')
  t.same(heard, ['a true', 'b true'])
  a()
  a()
  t.equal(turns.running, 1, 'what ended twice counts once')
  b()
  t.same(heard, ['a true', 'b true', 'heavy true'])
  light()
  t.same([turns.running, turns.waiting], [3, 0])
})

t.test('while it is held nobody begins, and then all who may', t => {
  const { turns, heard, ask } = told({ running: 2 })
  turns.hold()
  ask('a')()
  const others = [ask('b'), ask('c'), ask('d')]
  t.same(heard, [])
  turns.resume()
  t.same(heard, ['b true', 'c true'])
  for (const leave of others) leave()
  t.same([turns.running, turns.waiting], [0, 0])
  t.end()
})

t.test('work waits for arrivals as long as each round of the loop brings one, but not for ever', async t => {
  const server = new Server()
  const said: string[] = []
  letInFirst(server, { hold: () => said.push('hold'), resume: () => said.push('resume') })
  const round = () => new Promise(resolve => setImmediate(resolve))
  for (let arrivals = 0; arrivals < 3; arrivals += 1) {
    server.emit('connection')
    await round()
    t.same(said, ['hold'])
  }
  await round()
  t.same(said, ['hold', 'resume'])
  const from = performance.now()
  while (performance.now() - from < 300) {
    server.emit('connection')
    await round()
  }
  t.same(said, ['hold', 'resume', 'hold', 'resume'], 'a flood leaves time for work')
})

t.test('what waited too long is told so, and what stood behind it goes on', async t => {
  const { turns, heard, ask } = told({ running: 2, patience: 200 })
  ask('a')
  ask('heavy', 2)
  await sleep(100)
  const light = ask('light')
  await sleep(150)
  t.same(heard, ['a true', 'light true', 'heavy false'])
  light()
  t.same([turns.running, turns.waiting], [1, 0])
})

t.test('when too many wait, the next is told at once; one heavier than everything runs by itself', t => {
  const { heard, ask } = told({ running: 2, waiting: 1 })
  const whole = ask('whole', 1000)
  const waiting = ask('waiting')
  ask('beyond')()
  t.same(heard, ['whole true', 'beyond false'])
  waiting()
  whole()
  t.same(heard, ['whole true', 'beyond false'])
  t.end()
})
