/** The queue of notices: in order for each patient, one server at a time, nothing forgotten. `docs/decisions/0035-notices.md` */
import t from 'tap'
import { notificationChoiceExtension } from '../../security/notification-choice.ts'
import type { Composing } from '../../server/notifications/communication.ts'
import { Undeliverable } from '../../server/notifications/message.ts'
import { restAfter, startDeliveries } from '../../server/notifications/run-deliveries.ts'
import { performed, report } from '../../server/show-outbox.ts'
import type { MongoStore } from '../../server/store/mongo-store.ts'
import { opened } from '../store/opened.ts'
import { aLine, aNotice, aRow, aUnit, created, newKey } from '../store/rows.ts'
import { databaseIn } from './support.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const start = Date.parse('2026-03-01T10:00:00Z')

/** A patient who chose short messages. */
async function aPatient(store: MongoStore): Promise<string> {
  const patient = newKey()
  const resource = {
    ...{ resourceType: 'Patient', id: patient },
    telecom: [{ system: 'sms', value: '+33639980123' }],
    extension: [{ url: notificationChoiceExtension, extension: [{ url: 'channel', valueCode: 'sms' }] }],
  }
  const row = aRow(patient, { type: 'Patient', _id: patient, id: patient, json: Buffer.from(JSON.stringify(resource)) })
  await store.commit(aUnit({ writes: [created(row)], audit: [aLine(patient)] }))
  return patient
}

interface Test {
  teardown(stop: () => Promise<void>): void
}

/** A server of the test: a clock that it sets, and a gateway that does what `send` says with the id of each notice. */
function serverOf(t: Test, store: MongoStore, send: (id: string) => void | Promise<void>) {
  const clock = { now: start }
  const errors: string[] = []
  const context = {
    ...{ store, now: () => clock.now, zone: 'Europe/Paris', base: 'http://dossier.example/fhir' },
    ...{ regime: { policy: () => null }, index: () => ({ token: [], date: [], quantity: [] }) },
    ...{ canonicalDate: (_: unknown, instant: number) => instant, newTie: () => 1 },
    registryKey: (_: string, notice: string) => notice,
  } as unknown as Composing & { store: MongoStore }
  const sms = { name: 'sms', deliver: async ({ id }: { id: string }) => send(id) } as const
  const running = startDeliveries({
    ...{ context, channels: new Map([['sms' as const, sms]]), tries: 3, everyMillis: 3_600_000 },
    onError: (_, what) => errors.push(what),
  })
  t.teardown(() => running.stop())
  return { ...running, clock, errors }
}

const inOrder = (patient: string, count: number) =>
  Array.from({ length: count }, (_, n) =>
    aNotice(patient, { once: `${patient}-${n}`, at: start - count + n, due: start - count + n }),
  )

t.test('notices of a patient go in the order in which they happened, whatever the order of writing', async t => {
  const { store } = await opened(t)
  const [one, other] = [await aPatient(store), await aPatient(store)]
  const sent: string[] = []
  const server = serverOf(t, store, id => void sent.push(id))
  await store.outbox.put([...inOrder(one, 9).toReversed(), ...inOrder(other, 9).toReversed()])
  t.equal(await server.round(), 18)
  for (const patient of [one, other])
    t.same(
      sent.filter(id => id.startsWith(patient)),
      inOrder(patient, 9).map(({ once }) => once),
    )
  t.equal(await server.round(), 0)
  t.same(await store.outbox.counts(), { waiting: 0, aside: 0 })
})

t.test('one that fails holds back those behind it, and nobody else; it is tried again later and later', async t => {
  const { store } = await opened(t)
  const [one, other] = [await aPatient(store), await aPatient(store)]
  const sent: string[] = []
  let broken = true
  const server = serverOf(t, store, id => {
    if (broken && id === `${one}-0`) throw new Error('the gateway rests')
    sent.push(id)
  })
  await store.outbox.put([...inOrder(one, 2), ...inOrder(other, 1)])
  await server.round()
  t.same(sent, [`${other}-0`])
  await store.outbox.put([aNotice(one, { once: `${one}-2`, at: start, due: start })])
  await server.round()
  t.same(sent, [`${other}-0`], 'what came meanwhile does not overtake')
  server.clock.now += 999
  await server.round()
  t.equal(server.errors.length, 1, 'it rests for a second')
  server.clock.now += 1
  await server.round()
  t.same(server.errors, ['delivery failed', 'delivery failed'])
  broken = false
  server.clock.now += 4000
  await server.round()
  t.same(sent, [`${other}-0`, `${one}-0`, `${one}-1`, `${one}-2`])
  t.same([0, 1, 2, 5, 6, 50].map(restAfter), [1000, 4000, 16_000, 1_024_000, 3_600_000, 3_600_000])
})

t.test('what waits behind one that fails stands in the record at once, and leaves it in its turn', async t => {
  const { store, url, database } = await opened(t)
  const db = databaseIn(t, url, database)
  const patient = await aPatient(store)
  const inRecord = () => db.collection('record').countDocuments({ patient, type: 'Communication' })
  const sent: string[] = []
  let broken = true
  const server = serverOf(t, store, id => {
    if (broken) throw new Error('the gateway rests')
    sent.push(id)
  })
  await store.outbox.put(inOrder(patient, 3))
  await server.round()
  t.equal(await inRecord(), 3)
  await store.outbox.put([aNotice(patient, { once: `${patient}-3`, at: start, due: start })])
  await server.round()
  t.equal(await inRecord(), 4, 'what came meanwhile as well')
  t.same(server.errors, ['delivery failed'], 'nothing else was tried')
  t.same(sent, [])
  broken = false
  server.clock.now += 1000
  await server.round()
  t.same(
    sent,
    [0, 1, 2, 3].map(n => `${patient}-${n}`),
  )
  t.equal(await inRecord(), 4)
  t.same(await store.outbox.counts(), { waiting: 0, aside: 0 })
})

t.test('one that fails too often is set aside and shown; those behind it go on; the operator puts it back', async t => {
  const { store } = await opened(t)
  const patient = await aPatient(store)
  const sent: string[] = []
  let poisoned = true
  const server = serverOf(t, store, id => {
    if (poisoned && id.endsWith('-0')) throw new TypeError('about +33639980123')
    sent.push(id)
  })
  await store.outbox.put(inOrder(patient, 2))
  for (const rest of [0, 1000, 4000]) {
    server.clock.now += rest
    await server.round()
  }
  t.same(server.errors, ['delivery failed', 'delivery failed', 'notice set aside'])
  t.same(sent, [`${patient}-1`])
  const aside = await store.outbox.aside(10)
  t.match(aside, [{ _id: `${patient}-0`, tries: 3, reason: 'TypeError' }])
  const said = report(await store.outbox.counts(), aside)
  t.match(said, /^0 notices wait, 1 were set aside\n[\w-]{16}: deposit of .* after 3 tries: TypeError$/)
  t.notMatch(said, new RegExp(`\\+33|${patient}`), 'neither an address nor a record')
  const [, name = ''] = /\n([\w-]{16}): /.exec(said) ?? []
  poisoned = false
  t.same(await performed(store.outbox, ['--retry', 'another']), ['0 notices were put back into the queue', 1])
  server.clock.now = Date.now()
  t.same(await performed(store.outbox, ['--retry', name]), ['1 notices were put back into the queue', 0])
  server.clock.now = Date.now() + 1
  await server.round()
  t.same(sent, [`${patient}-1`, `${patient}-0`])
})

t.test('what the receiver will never take is set aside at once', async t => {
  const { store } = await opened(t)
  const patient = await aPatient(store)
  const server = serverOf(t, store, () => {
    throw new Undeliverable('never')
  })
  await store.outbox.put(inOrder(patient, 1))
  await server.round()
  t.same(await store.outbox.counts(), { waiting: 0, aside: 1 })
})

t.test('of eight servers one delivers for a patient, each notice once and in order', async t => {
  const { store } = await opened(t)
  const patients = [await aPatient(store), await aPatient(store), await aPatient(store)]
  const sent: string[] = []
  const under = new Set<string>()
  const servers = Array.from({ length: 8 }, () =>
    serverOf(t, store, async id => {
      const [patient = ''] = id.split('-')
      t.notOk(under.has(patient), 'never two at a time')
      under.add(patient)
      await new Promise(resolve => setTimeout(resolve, 2))
      under.delete(patient)
      sent.push(id)
    }),
  )
  await store.outbox.put(patients.flatMap(patient => inOrder(patient, 6)))
  await Promise.all(servers.map(({ round }) => round()))
  t.equal(sent.length, 18)
  for (const patient of patients)
    t.same(
      sent.filter(id => id.startsWith(patient)),
      inOrder(patient, 6).map(({ once }) => once),
    )
})

t.test('the turn of a server that died is free when its lease is over, and one that was overtaken says so', async t => {
  const { store } = await opened(t)
  const patient = await aPatient(store)
  const dead = { patient, holder: 'the dead', now: start, until: start + 30_000 }
  t.ok(await store.outbox.take(dead))
  await store.outbox.put(inOrder(patient, 1))
  const server = serverOf(t, store, () => undefined)
  t.equal(await server.round(), 0)
  server.clock.now += 30_000
  t.equal(await server.round(), 1)
  t.notOk(await store.outbox.keep(dead))
})

t.test('a notice under one name is written once, and does not stop those that come with it', async t => {
  const { store } = await opened(t)
  const patient = await aPatient(store)
  const [one, two] = inOrder(patient, 2)
  if (one === undefined || two === undefined) return
  await store.outbox.put([one])
  await store.outbox.put([one, two, one])
  t.same(await store.outbox.counts(), { waiting: 2, aside: 0 })
})

t.test('a notice of a record that is no more goes to nobody', async t => {
  const { store } = await opened(t)
  const server = serverOf(t, store, () => {
    t.fail('it was sent')
  })
  await store.outbox.put(inOrder(newKey(), 1))
  t.equal(await server.round(), 1)
  t.same(await store.outbox.counts(), { waiting: 0, aside: 0 })
})
