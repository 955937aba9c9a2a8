/** A server that is killed in the middle of its work has told nobody what it did not keep. `access.md` section 8. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, Document } from 'mongodb'
import t, { type Test } from 'tap'
import { report } from '../../server/audit-verify.ts'
import { root } from '../../server/root.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { testDatabase } from '../support/mongod.ts'
import { select } from '../support/pointer.ts'
import { programArguments } from '../support/program.ts'
import { halfWritten, nothingHalf, withoutTheirEvents } from './kept.ts'
import { databaseOf, newestMonth } from './lines.ts'
import { type Answered, startLoad } from './load.ts'
import { sender } from './requests.ts'
import { bundle, getting } from './resources.ts'
import { type Deployment, deploymentOn, spawnServer, startProcess } from './server-process.ts'

t.setTimeout(300_000)

const kills = 20

/** Every how many kills a server is killed that has not even started. */
const unborn = 10

const place = await testDatabase(t)
const db = databaseOf(t, place)
const plain = await deploymentOn(t, place)
const deployment: Deployment = { ...plain, environment: { ...plain.environment, MAX_EVENT_LOOP_DELAY_MILLIS: '0' } }
const between = (least: number, most: number): number => least + Math.random() * (most - least)

/** `npm run audit:verify` as a process: its exit code, and what it says. */
async function auditVerify(): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.execPath, programArguments('server/audit-verify.ts'), {
    cwd: root,
    env: { ...process.env, ...deployment.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const parts: Buffer[] = []
  child.stdout.on('data', part => parts.push(part))
  const [code] = await once(child, 'close')
  return { code, said: Buffer.concat(parts).toString() }
}

/** Starts, lets everybody work for a moment, and kills. */
async function round(t: Test, number: number): Promise<readonly Answered[]> {
  if (number % unborn === unborn - 1) {
    const spawned = spawnServer(t, deployment)
    await sleep(between(100, 600))
    await spawned.kill()
  }
  const server = await startProcess(t, deployment)
  const { waiting, broken } = await verifyAudit(place.url, place.name)
  t.strictSame({ waiting, broken }, { waiting: 0, broken: undefined }, 'the start links what the killed one left')
  const tokens = new Map<string, Promise<string>>()
  const token = (identity: string): Promise<string> => {
    const known = tokens.get(identity) ?? server.token(identity)
    tokens.set(identity, known)
    return known
  }
  const { answered, over } = startLoad({ base: server.base, token, marie: server.records.marie ?? '' })
  const enough = between(10, 18)
  for (const until = Date.now() + 8000; answered.length < enough && Date.now() < until; ) await sleep(5)
  await server.kill()
  await over
  return answered
}

const answered: Answered[] = []

t.test('the demonstration is loaded by a server that is asked to stop', async t => {
  const server = await startProcess(t, deployment, { demonstration: true })
  t.ok(server.records.marie)
  t.equal(await server.stop(), 0)
})

t.test(`of a server that is killed ${kills} times under load`, async t => {
  for (let number = 0; number < kills; number += 1) answered.push(...(await round(t, number)))
  t.comment(`${answered.length} requests were answered`)
  t.ok(answered.length >= kills * 10, `${answered.length} were answered`)
  t.strictSame(
    answered.filter(({ status }) => ![200, 201, 404].includes(status)),
    [],
  )

  t.test('every request that was answered has its events, and no more', async t => {
    t.strictSame(await withoutTheirEvents(db, answered), [])
  })

  t.test('nothing is half written', async t => {
    t.strictSame(await halfWritten(db), nothingHalf)
  })

  t.test('every acknowledged write is there', async t => {
    const server = await startProcess(t, deployment)
    const send = sender(server)
    const written = answered.flatMap(each => each.written)
    t.ok(written.length > kills)
    for (const [as, form] of [
      ['gp', /^Condition/],
      ['laboratory', /^Observation/],
      ['hospital', /^(?:List|DocumentReference|Binary)/],
    ] as const) {
      const entries = written.filter(reference => form.test(reference)).map(getting)
      for (let from = 0; from < entries.length; from += 100) {
        const body = bundle('batch', entries.slice(from, from + 100))
        const answer = await send({ as, method: 'POST', path: '', body })
        t.strictSame(
          select(answer.json, '/entry/*/response/status').filter(status => status !== '200 OK'),
          [],
        )
      }
    }
    t.equal(await server.stop(), 0)
  })

  t.test('the chains verify', async t => {
    const { code, said } = await auditVerify()
    t.match(said, /^OK: \d+ lines in \d+ chains\n/)
    t.equal(code, 0)
  })
})

/** One change of the stored trail, and what verification must say. */
interface Tampering {
  readonly sentence: string
  readonly change: (lines: Collection, line: Document) => Promise<unknown>
  readonly told: (line: Document) => RegExp
}

const putBack = async (lines: Collection, line: Document): Promise<unknown> =>
  lines.replaceOne({ _id: line._id }, line, { upsert: true })
const forged = (line: Document) => ({ ...line, _id: `${line.patient}-${'0'.repeat(26)}` as never })

const tamperings: readonly Tampering[] = [
  {
    sentence: 'who opened the record',
    change: (lines, { _id }) => lines.updateOne({ _id }, { $set: { 'agent.rpps': '99700009999' } }),
    told: ({ _id, chain, seq }) => new RegExp(`^BROKEN: line ${seq} of chain ${chain} was changed: .*${_id}`),
  },
  {
    sentence: 'that a refusal was one',
    change: (lines, { _id }) => lines.updateOne({ _id }, { $set: { outcome: 'success?', status: 299 } }),
    told: ({ chain, seq }) => new RegExp(`^BROKEN: line ${seq} of chain ${chain} was changed`),
  },
  {
    sentence: 'the last event of a server that was killed away',
    change: (lines, { chain }) => lines.findOneAndDelete({ chain }, { sort: { seq: -1 } }),
    told: ({ chain }) => new RegExp(`^BROKEN: lines \\d+ to \\d+ of chain ${chain} are missing`),
  },
  {
    sentence: 'an event away',
    change: (lines, { _id }) => lines.deleteOne({ _id }),
    told: ({ chain, seq }) => new RegExp(`^BROKEN: line ${seq} of chain ${chain} is missing`),
  },
  {
    sentence: 'two events away, of which the first is named',
    change: (lines, { chain, seq }) => lines.deleteMany({ chain, seq: { $in: [seq, seq + 2] } }),
    told: ({ chain, seq }) => new RegExp(`^BROKEN: line ${seq} of chain ${chain} is missing`),
  },
]

t.test('who changes the stored trail is found out', async t => {
  const month = await newestMonth(db)
  const lines = db.collection(month)
  const later = await lines
    .find({ seq: { $gte: 8 } })
    .sort({ seq: 1 })
    .limit(1)
    .toArray()
  const [line] = await lines
    .find({ chain: later[0]?.chain, seq: { $gte: 3 }, request: { $exists: true } })
    .sort({ seq: 1 })
    .limit(1)
    .toArray()
  t.ok(line)
  if (line === undefined) return

  await t.test('an event that was slipped in', async t => {
    const false_ = forged(line)
    await lines.insertOne(false_)
    const { code, said } = await auditVerify()
    t.equal(code, 1)
    t.match(said, /^BROKEN: line \d+ of chain /)
    t.match(said, new RegExp(String(line.chain)))
    await lines.deleteOne({ _id: false_._id })
  })

  await t.test('an event outside of every chain', async t => {
    const { chain: _, seq: __, hash: ___, ...bare } = forged(line) as Document
    await lines.insertOne(bare)
    const { broken } = await verifyAudit(place.url, place.name)
    t.match(broken, new RegExp(`${bare._id} stands in no chain`))
    await lines.deleteOne({ _id: bare._id })
  })

  await t.test('the event of a write that was changed', async t => {
    const [write] = await lines
      .find({ digest: { $exists: true } })
      .limit(1)
      .toArray()
    t.ok(write)
    if (write === undefined) return
    await lines.updateOne({ _id: write._id }, { $set: { 'targets.0.version': 9 } })
    const { broken } = await verifyAudit(place.url, place.name)
    t.match(broken, new RegExp(`${write._id}, which a chain links, was changed`))
    await putBack(lines, write)
  })

  for (const { sentence, change, told } of tamperings) {
    await t.test(sentence, async t => {
      t.equal((await verifyAudit(place.url, place.name)).broken, undefined)
      const before = await lines.find({ chain: line.chain, seq: { $exists: true } }).toArray()
      await change(lines, line)
      t.match(report(await verifyAudit(place.url, place.name)), told(line))
      for (const each of before) await putBack(lines, each)
    })
  }
})
