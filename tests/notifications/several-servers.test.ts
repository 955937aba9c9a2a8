/** Two server processes deliver what they both write, and a server that is killed in the middle leaves nothing untold. */
import t from 'tap'
import { registryKeys } from '../../server/new-ids.ts'
import { messageId } from '../../server/notifications/deliver.ts'
import { readSecrets } from '../../server/secrets.ts'
import { gp, patientOf, professional } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { stageOn } from '../access/support/stage.ts'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { testDatabase } from '../support/mongod.ts'
import type { TestServer } from '../support/server.ts'
import { choice, databaseOf, eventually, noticesOf, receiver, rewrite } from './support.ts'

t.setTimeout(240_000)

function unwrap<Value>(result: { ok: true; value: Value } | { ok: false; failure: unknown }): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

const place = await testDatabase(t)
const plain = await deploymentOn(t, place)
const gateway = await receiver(t, () => 204)
const { registry } = unwrap(await readSecrets(plain.environment.SECRETS_FILE ?? '', true))
const smsId = (notice: unknown): string =>
  messageId({ registryKey: registryKeys(registry) }, String(notice), 'sms patient')
const deployment = {
  ...plain,
  environment: {
    ...plain.environment,
    NOTIFICATIONS: 'true',
    NOTIFICATION_SMS_URL: gateway.url,
    MAX_EVENT_LOOP_DELAY_MILLIS: '0',
  },
}

/** A stage on a server that runs in a process of its own. */
const playOn = ({ base }: { readonly base: string }) =>
  stageOn({
    base,
    environment: deployment.environment,
    database: { url: place.url, name: place.name },
  } as unknown as TestServer)

const sms = { telecom: [{ system: 'sms', value: '+33639980123' }], extension: [choice(['access'], ['sms'])] }

t.test('of two servers each notice is sent by one, in the order of the accesses', async t => {
  const one = await startProcess(t, deployment)
  const other = await startProcess(t, deployment)
  const [first, second] = [playOn(one), playOn(other)]
  const db = databaseOf(t, first)
  const readers = Array.from({ length: 12 }, (_, n) => professional(`9970001${String(1000 + n)}`))
  const record = await first.open()
  for (const { claims } of readers)
    await first.create(patientOf(record), consent(record, authorises(String(claims.rpps))))
  await rewrite(first, record, sms)
  for (const [n, reader] of readers.entries())
    t.equal((await (n % 2 === 0 ? first : second).get(reader, `Patient/${record.id}`)).status, 200)
  const rows = await eventually(
    () => noticesOf(db, record),
    found => found.length === readers.length && found.every(({ expires }) => expires !== undefined),
  )
  t.same(
    gateway.posted.map(({ body }) => JSON.parse(body).id),
    rows.map(({ _id }) => smsId(_id)),
  )
  t.same(
    rows.map(({ agent }) => agent),
    readers.map(({ claims }) => `rpps:${claims.rpps}`),
  )
  t.equal(await one.stop(), 0)
  t.equal(await other.stop(), 0)
})

t.test('a server that is killed while it sends has told everything when another took over', async t => {
  const held: (() => void)[] = []
  const { createServer } = await import('node:http')
  const ids: string[] = []
  let holds = true
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
      ids.push(JSON.parse(Buffer.concat(parts).toString()).id)
      if (holds) held.push(() => response.destroy())
      else response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>(resolve => server.close(() => resolve())))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
  const here = { ...deployment, environment: { ...deployment.environment, NOTIFICATION_SMS_URL: url } }
  const killed = await startProcess(t, here)
  const stage = playOn(killed)
  const db = databaseOf(t, stage)
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(String(gp.claims.rpps)))])
  await rewrite(stage, record, sms)
  for (let times = 0; times < 4; times += 1) t.equal((await stage.get(gp, `Patient/${record.id}`)).status, 200)
  await eventually(
    () => ids.length,
    length => length > 0,
  )
  await killed.kill()
  holds = false
  t.equal(ids.length, 1, 'the second waits for the first')
  const heir = await startProcess(t, here)
  const until = Date.now() + 60_000
  let rows = await noticesOf(db, record)
  while (Date.now() < until && rows.some(({ expires }) => expires === undefined))
    rows = await eventually(
      () => noticesOf(db, record),
      found => found.every(({ expires }) => expires !== undefined),
    )
  t.equal(rows.length, 4, 'every answered access is told')
  const [first, ...others] = rows.map(({ _id }) => smsId(_id))
  t.same(ids, [first, first, ...others], 'the one that was under way twice, the others once, in order')
  const inRecord = await playOn(heir).get(patientOf(record), `Communication?patient=${record.id}&_summary=count`)
  t.match(inRecord.json, { total: 4 }, 'and once in the record')
  t.equal(await heir.stop(), 0)
})
