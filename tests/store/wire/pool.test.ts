/** Connections whose other side keeps silent, talks nonsense, or is not there. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { MongoNetworkError } from 'mongodb'
import t from 'tap'
import { Unavailable } from '../../../server/store/unavailable.ts'
import { Connection } from '../../../server/store/wire/connection.ts'
import { encode } from '../../../server/store/wire/encode.ts'
import { toMessage } from '../../../server/store/wire/message.ts'
import { NotSent, Pool } from '../../../server/store/wire/pool.ts'

interface Test {
  teardown(end: () => void): void
}

/** It says that it is longer than it is. */
const cutOff = Buffer.from('100000000a6f6b0000000000', 'hex')

/** A reply to `request`. */
function replyTo(request: number, said: object = { ok: 1 }): Buffer {
  const body = encode(said)
  const head = Buffer.alloc(21)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(request, 8)
  head.writeInt32LE(2013, 12)
  return Buffer.concat([head, body])
}

/** A server that does with each message what the test says. */
async function server(t: Test, answer: (socket: Socket, request: number) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const listening = createServer(socket => {
    sockets.add(socket)
    socket.on('data', message => answer(socket, message.readInt32LE(4)))
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return (listening.address() as AddressInfo).port
}

function poolOf(t: Test, port: number, { connections = 1, wait = 60_000 } = {}) {
  const lost: unknown[] = []
  const open = async (owner: ConstructorParameters<typeof Connection>[1]): Promise<Connection> => {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    return new Connection(socket, owner)
  }
  const pool = new Pool({ connections, wait }, open, error => lost.push(error))
  t.teardown(() => pool.close())
  return { pool, lost }
}

const ping = (): Buffer => toMessage({ ping: 1 })

t.test('an answer is given to who asked, in whatever pieces it comes', async t => {
  const port = await server(t, (socket, request) => {
    const reply = replyTo(request)
    socket.write(reply.subarray(0, 3))
    setTimeout(() => socket.write(reply.subarray(3, 30)), 10)
    setTimeout(() => socket.write(reply.subarray(30)), 20)
  })
  const { pool } = poolOf(t, port)
  const replies = await Promise.all([pool.ask(ping(), 5000), pool.ask(ping(), 5000), pool.ask(ping(), 5000)])
  t.same(replies, [{ ok: 1 }, { ok: 1 }, { ok: 1 }])
})

for (const [sentence, cursor, asked, shared, questions] of [
  ['the same read that waits already is asked once for both', 0, ['a', 'a', 'a', 'a'], true, 2],
  ['another read is asked for itself', 0, ['a', 'b', 'c', 'b'], true, 3],
  ['what writes is asked each time', 0, ['a', 'a', 'a', 'a'], false, 4],
  ['a reply that is not whole is for one alone', 7, ['a', 'a', 'a'], true, 3],
] as const) {
  t.test(`${sentence}: ${questions} questions`, async t => {
    let found = 0
    const port = await server(t, (socket, request) => {
      found += 1
      socket.write(replyTo(request, { ok: 1, cursor: { id: cursor } }))
    })
    const { pool } = poolOf(t, port)
    await pool.ask(ping(), 5000)
    const replies = await Promise.all(asked.map(name => pool.ask(toMessage({ find: name }), 5000, shared)))
    t.same(
      replies.map(({ ok }) => ok),
      asked.map(() => 1),
    )
    t.equal(found - 1, questions)
  })
}

t.test('who waited for the reply of another that was lost asks by himself', async t => {
  let questions = 0
  const port = await server(t, (socket, request) => {
    questions += 1
    if (questions === 2) socket.destroy()
    else socket.write(replyTo(request, { ok: 1, cursor: { id: 0 } }))
  })
  const { pool } = poolOf(t, port)
  const read = () => pool.ask(toMessage({ find: 'a' }), 5000, true)
  const [first, second, third] = [pool.ask(ping(), 5000), read(), read()]
  t.same((await first).ok, 1)
  await t.rejects(second, MongoNetworkError)
  t.same((await third).ok, 1)
  t.equal(questions, 3)
})

t.test('who keeps silent is given up', async t => {
  const { pool, lost } = poolOf(t, await server(t, () => undefined))
  await t.rejects(pool.ask(ping(), 100), MongoNetworkError)
  t.equal(lost.length, 1)
})

for (const [sentence, bytes] of [
  ['an answer to another question', (request: number) => replyTo(request + 1)],
  ['an answer that is none', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['an answer of no length', () => Buffer.alloc(21)],
  ['two answers at once', (request: number) => Buffer.concat([replyTo(request), replyTo(request)])],
  ['a document that ends early', (request: number) => Buffer.concat([replyTo(request).subarray(0, 21), cutOff])],
] as const) {
  t.test(`${sentence} ends the connection`, async t => {
    const port = await server(t, (socket, request) => {
      const reply = bytes(request)
      if (sentence.startsWith('a document')) reply.writeInt32LE(reply.length, 0)
      socket.write(reply)
    })
    const { pool, lost } = poolOf(t, port)
    await t.rejects(pool.ask(ping(), 5000), MongoNetworkError)
    t.equal(lost.length, 1)
  })
}

t.test('who hangs up in the middle is noticed, and the next question finds a new connection', async t => {
  let questions = 0
  const port = await server(t, (socket, request) => {
    questions += 1
    if (questions === 1) socket.destroy()
    else socket.write(replyTo(request))
  })
  const { pool } = poolOf(t, port)
  await t.rejects(pool.ask(ping(), 5000), MongoNetworkError)
  t.same(await pool.ask(ping(), 5000), { ok: 1 })
})

t.test('who waits too long for a connection is told so', async t => {
  const { pool } = poolOf(t, await server(t, () => undefined), { wait: 100 })
  const first = pool.ask(ping(), 2000)
  await t.rejects(pool.ask(ping(), 2000), Unavailable)
  await t.rejects(first, MongoNetworkError)
})

t.test('where nobody listens nothing is sent', async t => {
  const { pool, lost } = poolOf(t, 1)
  await t.rejects(pool.ask(ping(), 1000), NotSent)
  t.equal(lost.length, 1)
})

t.test('what waits when the connections are closed was not sent, nor is anything later', async t => {
  const { pool } = poolOf(t, await server(t, () => undefined))
  const first = pool.ask(ping(), 500)
  const waiting = pool.ask(ping(), 5000)
  await new Promise(resolve => setTimeout(resolve, 50))
  pool.close()
  await t.rejects(waiting, NotSent)
  await t.rejects(pool.ask(ping(), 5000), NotSent)
  await t.rejects(first, MongoNetworkError, 'what was sent is waited for')
})
