/** Criteria by which a write looks into a record are a search: in the trail, and to the patient who is told of accesses. `access.md` section 8 */
import t from 'tap'
import { type Actor, emergencyPhysician, gp, hospital, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { byRpps, creates, document, observation, transaction } from '../access/support/contents.ts'
import { type DossierRecord, type Sent, startStage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'
import { databaseOf, toldIn } from './support.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)

/** A record with one result, of code 718-7. */
async function withResult(by: string) {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(by))])
  return { record, result: await stage.createOne(hospital, observation(record)) }
}

const naming = (actor: Actor, record: DossierRecord, criteria: string) =>
  transaction(
    creates(
      document(record, {
        author: [byRpps(String(actor.claims.rpps))],
        context: { related: [{ reference: `Observation?${criteria}` }] },
      }),
    ),
  )

/** `query: what was found` of the searches by an agent that the patient reads of, and what is told. */
async function told({ claims }: Actor, record: DossierRecord) {
  const agent = `https://rpps.esante.gouv.fr|${claims.rpps}`
  const lines = await stage.get(
    patientOf(record),
    `AuditEvent?patient=${record.id}&agent:identifier=${agent}&subtype=search-type`,
  )
  return {
    queries: select(lines.json, '/entry/*/resource/entity/*/description'),
    references: select(lines.json, '/entry/*/resource/entity/*/what/reference').filter(
      each => !/^Patient/.test(String(each)),
    ),
    notices: await toldIn(db, record),
  }
}

const json = { 'content-type': 'application/json-patch+json' }
const patches: Sent = { body: '[{"op":"replace","path":"/status","value":"amended"}]', headers: json }

for (const [who, actor, expected] of [
  ['a first access', gp, ['first-access to patient']],
  ['an emergency', emergencyPhysician, ['emergency-access to patient', 'emergency-access to treating']],
] as const) {
  t.test(`a conditional reference that finds a result of another is ${who}`, async t => {
    const { record, result } = await withResult(rpps.gp)
    t.equal((await stage.post(actor, naming(actor, record, 'code=718-7'))).status, 200)
    const { queries, references, notices } = await told(actor, record)
    t.same(queries, ['code=718-7'])
    t.same(references, [`Observation/${result}/_history/1`])
    t.same(notices, expected)
  })

  for (const [what, criteria, status] of [
    ['finds nothing', 'code=none', 412],
    ['may mean several', 'status=final', 412],
  ] as const)
    t.test(`a conditional reference that ${what} is ${who}, though nothing is written`, async t => {
      const { record } = await withResult(rpps.gp)
      await stage.createOne(hospital, observation(record))
      t.equal((await stage.post(actor, naming(actor, record, criteria))).status, status)
      const { queries, notices } = await told(actor, record)
      t.same(queries, [criteria])
      t.same(notices, expected)
    })

  t.test(`criteria of an update that find a result of another are ${who}`, async t => {
    const { record } = await withResult(rpps.gp)
    const body = observation(record, { performer: [byRpps(String(actor.claims.rpps))] })
    const path = `PUT Observation?patient=${record.id}&code=718-7`
    t.equal((await stage.send(actor, path, { body })).status, 403)
    t.same((await told(actor, record)).notices, expected)
  })

  t.test(`the condition of a create that may mean several results of another is ${who}`, async t => {
    const { record } = await withResult(rpps.gp)
    await stage.createOne(hospital, observation(record))
    const body = observation(record, { performer: [byRpps(String(actor.claims.rpps))] })
    t.equal((await stage.post(actor, body, { 'if-none-exist': 'code=718-7' })).status, 412)
    t.same((await told(actor, record)).notices, expected)
  })

  for (const [method, sent, statuses] of [
    ['DELETE', {}, [403, 204]],
    ['PATCH', patches, [403, 404]],
  ] as const)
    t.test(`the criteria of a ${method} are ${who}, whether they find a result of another or nothing`, async t => {
      for (const [at, code] of ['718-7', 'none'].entries()) {
        const { record } = await withResult(rpps.gp)
        const path = `Observation?patient=${record.id}&code=${code}`
        t.equal((await stage.send(actor, `${method} ${path}`, sent)).status, statuses[at])
        const { notices } = await told(actor, record)
        t.same(notices, expected, code)
      }
    })
}

t.test('who may not look finds nothing, and the line says that it was refused', async t => {
  const { record } = await withResult(rpps.colleague)
  t.equal((await stage.post(gp, naming(gp, record, 'code=718-7'))).status, 412)
  const { queries, references, notices } = await told(gp, record)
  t.same([queries, references, notices], [['code=718-7'], [], []])
})

t.test('what names the directory, or the patient, is no search in the record', async t => {
  const { record } = await withResult(rpps.gp)
  const body = document(record, {
    author: [byRpps(rpps.gp)],
    subject: { reference: `Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|${record.ins}` },
  })
  t.equal((await stage.post(gp, transaction(creates(body)))).status, 200)
  t.same((await told(gp, record)).queries, [])
})
