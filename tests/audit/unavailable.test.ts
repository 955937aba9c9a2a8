/** What cannot be kept in the trail is not answered: 503, and nothing of the record. `access.md` section 8. */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { patients, practitioners } from '../../server/demo/people.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { halfWritten, nothingHalf, withoutTheirEvents } from './kept.ts'
import { databaseOf, linesOf } from './lines.ts'
import { startLoad } from './load.ts'
import { startMongodProcess } from './mongod-process.ts'
import { type Asking, createdId, outcomeOf, type Sent, sender } from './requests.ts'
import { bundle, condition, discharge, getting } from './resources.ts'
import { type Deployment, deploymentOn, startProcess } from './server-process.ts'

t.setTimeout(300_000)

const name = 'unavailable'
const mongod = await startMongodProcess(t)
const plain = await deploymentOn(t, { url: mongod.url, name })
const environment = { ...plain.environment, LOG_LEVEL: 'trace', MAX_EVENT_LOOP_DELAY_MILLIS: '0' }
const deployment: Deployment = { ...plain, environment }
const server = await startProcess(t, deployment, { demonstration: true })
const db = databaseOf(t, { url: mongod.url, name })
const send = sender(server)
const marie = server.records.marie ?? ''
const noted = await send({ as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', 'Rhume') })
const own = `Condition/${createdId(noted)}`
const documents = await send({ as: 'gp', path: `DocumentReference?patient=${marie}` })
const pdf = /Binary\/[0-9a-z-]+/.exec(documents.bytes.toString())?.[0] ?? ''

/** Everything that names somebody, or says what was asked. */
const secrets = [
  ...[marie, own, pdf, 'Rhume', 'Bearer', 'eyJ', 'resourceType', 'identifier='],
  ...Object.values(patients).flatMap(({ ins, family }) => [ins, family]),
  ...Object.values(practitioners).flatMap(({ rpps, family }) => [rpps, family]),
]

const reads: Readonly<Record<string, Asking>> = {
  'a read': { as: 'gp', path: own },
  'a history': { as: 'gp', path: `${own}/_history` },
  'a search': { as: 'gp', path: `Condition?patient=${marie}` },
  'a count': { as: 'gp', path: `Condition?patient=${marie}&_summary=count` },
  'the bytes of a document': { as: 'gp', path: pdf, headers: { Accept: 'application/pdf' } },
  'the trail': { as: 'patient-marie', path: `AuditEvent?patient=${marie}` },
  'a read that is refused': { as: 'gp-unrelated', path: own },
  'a search that is refused': { as: 'gp-unrelated', path: `Condition?patient=${marie}` },
}

const writes: Readonly<Record<string, Asking>> = {
  'a create': { as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', 'Toux') },
  'a transaction': { as: 'hospital', method: 'POST', path: '', body: discharge('marie') },
  'a write that is refused': { as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'nurse', 'Toux') },
}

/** 503 with the time to come back, and nothing that was asked for. */
function toldNothing(t: Test, what: string, answer: Sent): void {
  t.equal(answer.status, 503, what)
  t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/)
  t.strictSame(outcomeOf(answer), ['transient'])
  for (const header of ['etag', 'location', 'last-modified', 'content-disposition'])
    t.equal(answer.headers.get(header), null, header)
  t.equal(select(answer.json, '/resourceType')[0], 'OperationOutcome')
  const text = answer.bytes.toString()
  t.strictSame(
    secrets.filter(secret => secret !== 'resourceType' && text.includes(secret)),
    [],
  )
}

/** Asks until it is answered. @returns milliseconds. */
async function recovered(asking: Asking): Promise<number> {
  const from = Date.now()
  while ((await send(asking)).status >= 300) await sleep(100)
  return Date.now() - from
}

const lost = 10107

for (const [sentence, data, refused] of [
  ['its primary is gone', { failCommands: ['insert'], errorCode: lost }, 'all'],
  ['a majority does not confirm', { failCommands: ['insert'], writeConcernError: { code: 64, errmsg: '' } }, 'reads'],
  ['connections break', { failCommands: ['insert'], closeConnection: true }, 'all'],
  ['its disk is full', { failCommands: ['insert'], errorCode: 14031 }, 'all'],
  ['it may only be read', { failCommands: ['insert', 'update', 'findAndModify'], errorCode: 13 }, 'all'],
  ['its primary is gone at the commit', { failCommands: ['commitTransaction'], errorCode: lost }, 'writes'],
  ['the connection breaks at the commit', { failCommands: ['commitTransaction'], closeConnection: true }, 'writes'],
  ['it cannot be read either', { failCommands: ['find', 'insert'], errorCode: lost }, 'all'],
] as const) {
  t.test(`when the database cannot keep the trail, because ${sentence}, nobody is told anything`, async t => {
    const before = (await linesOf(db)).length
    const rows = await db.collection('record').countDocuments()
    await mongod.failing(data)
    const asked = { ...(refused === 'writes' ? {} : reads), ...(refused === 'reads' ? {} : writes) }
    const isWrong = ([what]: readonly [string, Asking]): boolean =>
      refused !== 'writes' || what !== 'a write that is refused'
    const answers = await Promise.all(
      Object.entries(asked)
        .filter(isWrong)
        .map(async ([what, asking]) => [what, await send(asking)] as const),
    )
    for (const [what, answer] of answers) toldNothing(t, what, answer)
    await mongod.failing()
    const millis = await recovered({ as: 'gp', path: own })
    t.ok(millis < 5000, `answered again after ${millis} ms`)
    t.equal(await db.collection('record').countDocuments(), rows, 'nothing was written')
    if (refused === 'writes') t.equal((await linesOf(db)).length, before + 1, 'no event tells of what did not happen')
  })
}

t.test('a batch whose trail cannot be kept tells nothing of any entry', async t => {
  await mongod.failing({ failCommands: ['insert'], errorCode: 14031 })
  const entries = bundle('batch', [getting(own), getting(`Condition?patient=${marie}`)])
  const answer = await send({ as: 'gp', method: 'POST', path: '', body: entries })
  await mongod.failing()
  t.equal(answer.status, 503)
  t.notMatch(answer.bytes.toString(), /Rhume/)
})

t.test('a write whose commit nobody confirmed is not acknowledged, and has its event when it happened', async t => {
  await mongod.failing({ failCommands: ['commitTransaction'], writeConcernError: { code: 64, errmsg: '' } })
  const body = condition('marie', 'gp', 'Doute')
  const answer = await send({ as: 'gp', method: 'POST', path: 'Condition', body })
  await mongod.failing()
  toldNothing(t, 'a create', answer)
  const found = await send({ as: 'gp', path: `Condition?patient=${marie}&_count=100` })
  const happened = matchesOf(found).filter(each => select(each, '/code/text')[0] === 'Doute')
  t.equal((await linesOf(db, { request: answer.request })).length, happened.length)
})

t.test('what is no failure of the database is told to the operator, not to the caller', async t => {
  await mongod.failing({ failCommands: ['insert'], errorCode: 8000 })
  const answer = await send({ as: 'gp', path: own })
  await mongod.failing()
  t.equal(answer.status, 500)
  t.strictSame(outcomeOf(answer), ['exception'])
  t.notMatch(answer.bytes.toString(), /Rhume/)
})

t.test('while no primary is elected nothing is answered, and then everything', async t => {
  await mongod.run({ replSetStepDown: 3, force: true, secondaryCatchUpPeriodSecs: 0 })
  const answers = await Promise.all([send({ as: 'gp', path: own }), send(writes['a create'] ?? { as: '', path: '' })])
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 201],
  )
  for (const { request } of answers) t.equal((await linesOf(db, { request })).length, 1)
})

t.test('a MongoDB that is killed under load has kept what was answered', async t => {
  const tokens = new Map<string, Promise<string>>()
  const token = (identity: string): Promise<string> => {
    const known = tokens.get(identity) ?? server.token(identity)
    tokens.set(identity, known)
    return known
  }
  const { answered, over } = startLoad({ base: server.base, token, marie })
  for (const until = Date.now() + 20_000; answered.length < 40 && Date.now() < until; ) await sleep(10)
  await mongod.kill()
  toldNothing(t, 'a read without any MongoDB', await send({ as: 'gp', path: own }))
  await mongod.start()
  const millis = await recovered({ as: 'gp', path: own })
  t.ok(millis < 10_000, `answered again after ${millis} ms`)
  const before = answered.length
  for (const until = Date.now() + 20_000; answered.length < before + 20 && Date.now() < until; ) await sleep(10)
  await server.kill()
  await over
  const acknowledged = answered.filter(({ status }) => status < 500)
  t.strictSame(
    answered.filter(({ status }) => ![200, 201, 404, 503].includes(status)),
    [],
  )
  t.ok(acknowledged.length >= 40)
  t.strictSame(await withoutTheirEvents(db, acknowledged), [])
  t.strictSame(await halfWritten(db), nothingHalf)
})

t.test('after all of it the chains verify', async t => {
  const next = await startProcess(t, deployment)
  t.equal(await next.stop(), 0)
  const { waiting, broken } = await verifyAudit(mongod.url, name)
  t.strictSame({ waiting, broken }, { waiting: 0, broken: undefined })
})

t.test('the log names requests and routes, and nobody and nothing else', async t => {
  const log = server
    .said()
    .split('\n')
    .filter(line => line.startsWith('{'))
  t.ok(log.some(line => line.includes(noted.request)))
  t.ok(log.some(line => line.includes('"route":"/fhir/:type/:id"')))
  t.ok(log.some(line => line.includes('database unavailable')))
  t.ok(log.some(line => line.includes('unexpected failure')))
  for (const secret of secrets) t.strictSame(log.filter(line => line.includes(secret)).slice(0, 3), [], secret)
})
