/** Who hangs up before the work on his request began: nothing is done for him, and nothing runs that is not counted. `docs/decisions/0018-requests-in-flight-are-bounded.md` */
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startComposed } from './composed.ts'

t.setTimeout(240_000)

/** Holds whoever asks who the caller is, until the test lets him go. */
const door: { asked: (() => void) | undefined; held: Promise<void> } = { asked: undefined, held: Promise.resolve() }
let read = 0

const rest = await startComposed(t, {
  store: store => ({
    ...store,
    row: (...asked) => {
      read += 1
      return store.row(...asked)
    },
  }),
  parts: parts => ({
    ...parts,
    authenticate: async header => {
      door.asked?.()
      await door.held
      return parts.authenticate(header)
    },
  }),
})
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })

/** Sends a request, breaks the connection while the caller is looked at, and lets the request go on. */
async function hangUp(hangsUp: boolean): Promise<void> {
  const { hostname, port } = new URL(rest.base)
  let letGo = (): void => undefined
  door.held = new Promise(resolve => {
    letGo = resolve
  })
  const isAsked = new Promise<void>(resolve => {
    door.asked = resolve
  })
  const socket = connect(Number(port), hostname)
  socket.write(`GET /fhir/Patient/ann HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`)
  await isAsked
  door.asked = undefined
  if (hangsUp) {
    socket.resetAndDestroy()
    await once(socket, 'close')
    // What the server is told after this it is told after the end of that connection.
    const another = connect(Number(port), hostname)
    another.write(`GET /health/live HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`)
    another.resume()
    await once(another, 'close')
  }
  letGo()
  if (!hangsUp) await once(socket, 'data')
  socket.destroy()
  // Whatever was begun for the first is over when this is answered.
  for (let n = 0; n < 3; n += 1) await rest.get('Practitioner/nobody')
}

t.test('who waits is answered', async t => {
  const before = read
  await hangUp(false)
  t.ok(read > before)
})

t.test('who hung up is not', async t => {
  const before = read
  await hangUp(true)
  t.equal(read, before)
})
