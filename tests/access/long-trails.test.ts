/** A mask that changes shows and hides the lines about its document at once, however many there are. `access.md` section 8; `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import { performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { openStore } from '../../server/store/mongo-store.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { aLine } from '../store/rows.ts'
import type { Answer } from '../support/client.ts'
import { testDatabase } from '../support/mongod.ts'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, document, labels } from './support/contents.ts'
import { expectStatus, idsIn, type Stage, stageOn } from './support/stage.ts'

t.setTimeout(600_000) // two servers start on a busy machine
const many = 60_000
const few = 7
const database = await testDatabase(t)
const deployment = await deploymentOn(t, database)
const environment = {
  ...deployment.environment,
  ...{ MAX_EVENT_LOOP_DELAY_MILLIS: '0', RATE_LIMIT_PER_MINUTE: '1000000' },
}
const started = async (): Promise<Stage> => {
  const { base } = await startProcess(t, { ...deployment, environment })
  return stageOn({ base, environment })
}
const here = await started()
const there = await started()
const record = await here.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const owner = patientOf(record)
const author = [byFiness(finess.hospital)]
const [touched = '', other = ''] = await here.create(
  hospital,
  document(record, { author }),
  document(record, { author }),
)

/** Lines about documents, by who came often: chained as any. */
async function comesOften(): Promise<readonly [first: string, last: string]> {
  const store = await openStore({ url: database.url, database: database.name })
  const target = (id: string) => ({
    ...{ type: 'DocumentReference', id, version: 1, documentType: '11488-4', mask: 0, hiddenUntil: null },
  })
  const line = (targets: readonly string[], changes: object = {}) =>
    aLine(record.id, { at: Date.now(), targets: targets.map(target), ...changes })
  const lists = [
    ...Array.from({ length: many / 1000 }, () => Array.from({ length: 1000 }, () => line([touched]))),
    Array.from({ length: few }, () => line([other])),
    [line([touched, other], { interaction: 'search-type', query: `_id=${touched},${other}` })],
  ]
  for (const lines of lists) await store.audit(lines)
  const eyes = { ownAgent: null, visibleMasks: [0], masksAfterHidden: [], now: 0, at: [], agents: [], types: [] }
  const about = { ...eyes, patient: record.id, entities: [[`DocumentReference/${touched}`]], limit: 1 }
  const [first] = await store.trail.find({ ...about, descending: false })
  const [last] = await store.trail.find({ ...about, types: [['read']], descending: true })
  await store.close()
  return [first?._id ?? '', last?._id ?? '']
}

const [firstLine, lastLine] = await comesOften()
const doctor = 'agent:identifier=https://rpps.esante.gouv.fr%7C10003456789'
const trail = `AuditEvent?patient=${record.id}&${doctor}`

/** Asks until it is answered: to count so many lines takes a busy machine longer than the database may. */
async function asked(stage: Stage, path: string): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await stage.get(owner, path)
    if (answer.status !== 503 || tries === 20) return answer
  }
}

const countOf = async (stage: Stage, search: string): Promise<unknown> =>
  select(expectStatus(await asked(stage, `${search}&_summary=count`), 200).json, '/total')[0]

/** A link to the second page, and the first. */
async function firstPage(stage: Stage) {
  const { json, bytes } = expectStatus(await asked(stage, `${trail}&_count=20`), 200)
  return { text: bytes.toString(), next: String(select(json, '/link/[relation=next]/url')[0]) }
}

const textOf = async (stage: Stage, path: string): Promise<string> =>
  expectStatus(await asked(stage, path), 200).bytes.toString()

const before = await firstPage(here)

async function isShown(t: Test, stage: Stage): Promise<void> {
  t.equal(await countOf(stage, trail), many + few + 1)
  t.equal(await countOf(stage, `${trail}&entity=DocumentReference/${touched}`), many + 1)
  t.equal(await countOf(stage, `${trail}&entity-type=DocumentReference&subtype=search-type`), 1)
  t.match(await textOf(stage, `${trail}&_count=20`), touched)
  for (const line of [firstLine, lastLine]) t.match(await textOf(stage, `AuditEvent/${line}`), touched)
  t.same((await asked(stage, `DocumentReference/${touched}`)).status, 200)
}

async function isHidden(t: Test, stage: Stage): Promise<void> {
  t.equal(await countOf(stage, trail), few + 1, 'counted')
  t.equal(await countOf(stage, `${trail}&entity=DocumentReference/${touched}`), 0, 'counted by what it is about')
  t.equal(await countOf(stage, `${trail}&entity=DocumentReference/${other}`), few + 1, 'the other is told')
  t.equal(await countOf(stage, `${trail}&entity-type=DocumentReference&subtype=search-type`), 1, 'counted by a type')
  for (const path of [
    ...[`${trail}&_count=20`, `${trail}&_count=20&_sort=date`, `${trail}&_total=accurate`, before.next],
    ...[`AuditEvent?patient=${record.id}&_count=100`, `Patient/${record.id}/$everything`],
    ...[`DocumentReference?patient=${record.id}`, `DocumentReference/_history?patient=${record.id}`],
  ])
    t.notMatch(await textOf(stage, path), touched, path)
  t.match(await textOf(stage, `${trail}&_count=20`), other)
  for (const path of [firstLine, lastLine].map(id => `AuditEvent/${id}`))
    t.equal((await asked(stage, path)).status, 404)
  for (const path of ['', '/_history', '/_history/1'].map(way => `DocumentReference/${touched}${way}`))
    t.equal((await asked(stage, path)).status, 404, path)
}

/** Well below the time after which a request fails; on a quiet machine some 20 ms. */
const quick = 5000

async function patched(t: Test, operation: object): Promise<void> {
  const begun = performance.now()
  const headers = { 'content-type': 'application/json-patch+json' }
  const body = JSON.stringify([operation])
  expectStatus(await here.send(hospital, `PATCH DocumentReference/${touched}`, { body, headers }), 200)
  const took = performance.now() - begun
  t.comment(`changed in ${Math.round(took)} ms`)
  t.ok(took < quick, `the mask was changed in ${took} ms`)
}

t.test(
  `a document with ${many} lines is hidden from its patient: none of them is told, at this server or another`,
  async t => {
    t.match(before.text, touched)
    await isShown(t, there)
    await patched(t, { op: 'add', path: '/securityLabel', value: labels('INVISIBLE_PATIENT') })
    await isHidden(t, there)
    await isHidden(t, here)
    t.equal(idsIn(await there.get(gp, `DocumentReference?patient=${record.id}`), 'DocumentReference').length, 2)
  },
)

t.test('it is shown: all are told again', async t => {
  await patched(t, { op: 'remove', path: '/securityLabel' })
  await isShown(t, there)
  await isShown(t, here)
})

t.test('pages that few lines match take the places of one caller, and are answered when they are free', async t => {
  const page = `AuditEvent?patient=${record.id}&entity=DocumentReference/${other}&_count=50`
  const answers = await Promise.all(Array.from({ length: 24 }, () => here.get(owner, page)))
  const statuses = answers.map(({ status }) => status)
  t.ok(statuses.includes(429), statuses.join())
  t.ok(
    statuses.every(status => [200, 429, 503].includes(status)),
    statuses.join(),
  )
  const alone = expectStatus(await asked(here, page), 200)
  t.ok(select(alone.json, '/entry/*').length > few)
})

t.test('the chain is whole', async t => {
  t.equal((await verifyAudit(database.url, database.name)).broken, undefined)
})
