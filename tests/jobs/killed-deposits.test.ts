/** A server that is killed between the bytes of an attachment and its rows leaves nothing that stays. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { runJob } from '../access/support/merging.ts'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { bundleOf, idOf, restOf } from '../http/rest.ts'
import { testDatabase } from '../support/mongod.ts'

t.setTimeout(300_000)
const database = await testDatabase(t)
const plain = await deploymentOn(t, database)
const more = { ACCESS_REGIME: 'none', MAX_EVENT_LOOP_DELAY_MILLIS: '0' }
const deployment = { ...plain, environment: { ...plain.environment, ...more } }
const start = () => startProcess(t, deployment)
const client = await MongoClient.connect(database.url)
t.teardown(() => client.close())
const db = client.db(database.name)
const chunks = db.collection<{ _id: { blob: string; n: number }; at: Date; by?: string }>('blob')

/** So large that it is written in several steps. */
const size = 6_000_000
const binary = (patient: string, text: string) => ({
  ...{ resourceType: 'Binary', contentType: 'text/plain', data: Buffer.alloc(size, text).toString('base64') },
  securityContext: { reference: `Patient/${patient}` },
})

/** Sends two and kills the server as soon as a part of the second is there. @returns the texts of what was not written. */
async function killedBetween() {
  for (let tried = 0; tried < 5; tried += 1) {
    const texts = [`deposited again ${tried}`, `left behind ${tried}`] as const
    const server = await start()
    const patient = idOf(await restOf(server).post('Patient', { resourceType: 'Patient' }))
    const entries = texts.map(text => ['POST', 'Binary', binary(patient, text)] as const)
    const sent = restOf(server)
      .post('', bundleOf('transaction', entries))
      .catch(() => undefined)
    const begun = { '_id.blob': { $regex: `^${patient}/` }, '_id.n': 0 }
    const over = sent.then(() => true)
    while ((await chunks.countDocuments(begun)) < 2) if (await Promise.race([over, sleep(1, false)])) break
    await server.kill()
    const answer = await sent
    if (answer !== undefined) t.comment(answer.status, answer.bytes.toString().slice(0, 200))
    const rows = await db.collection('record').countDocuments({ patient, type: 'Binary' })
    if (rows === 0 && (await chunks.countDocuments(begun)) === 2) return { patient, texts }
    await chunks.deleteMany({})
  }
  throw new Error('every server was faster than its end')
}

/** More time passes than any write lasts, and the job is performed. */
async function later(): Promise<string> {
  const turns = db.collection<{ _id: string }>('job')
  await turns.updateOne({ _id: 'collect-bytes' }, { $set: { due: new Date(Date.now() + 3_600_000) } })
  await chunks.updateMany({}, { $set: { at: new Date(Date.now() - 7_200_000) } })
  await db.collection<{ _id: string }>('sweep').deleteMany({})
  return runJob(db, 'collect-bytes')
}

t.test('bytes of deposits whose server was killed are taken away, but for those that are deposited again', async t => {
  const { patient, texts } = await killedBetween()
  const [again] = texts
  const servers = [await start(), await start()].map(restOf)
  t.ok((await chunks.countDocuments()) > 1, 'parts were there')
  t.match(await runJob(db, 'collect-bytes'), /marked 0, taken away 0/, 'not at once')
  t.match(await later(), /marked [1-9]\d*, taken away 0/)

  const pushes = [...servers, ...servers].map(server => server.post('Binary', binary(patient, again)))
  const [outcome, ...answers] = await Promise.all([later(), ...pushes])
  t.match(outcome, /taken away [1-9]/)
  for (const answer of answers) {
    t.equal(answer.status, 201)
    const [server] = servers
    const read = await server?.get(`Binary/${idOf(answer)}`, { headers: { accept: 'text/plain' } })
    t.ok(read?.bytes.equals(Buffer.alloc(size, again)), 'whole')
  }
  for (let time = 0; time < 2; time += 1) t.match(await later(), /taken away 0/)
  t.equal(await chunks.countDocuments(), Math.ceil(size / 1_048_576), 'and nothing else')
})
