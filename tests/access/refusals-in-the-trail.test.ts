/** How somebody was refused may tell that something is there: to whom a mask may hide it, all refusals are one. `access.md` section 8. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { consent, parent, treats } from './support/consents.ts'
import { byFiness, document, type Json, labels } from './support/contents.ts'
import { type DossierRecord, expectStatus, type Stage, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const author = [byFiness(finess.hospital)]

/** What the hospital asks of a document of its own, and how it is refused. */
type Refused = readonly [
  what: string,
  status: number,
  ask: (id: string, record: DossierRecord) => ReturnType<Stage['get']>,
]

const deleted: readonly Refused[] = [
  ['a read of what was deleted', 410, id => stage.get(hospital, `DocumentReference/${id}`)],
  ['a version that is the deletion', 410, id => stage.get(hospital, `DocumentReference/${id}/_history/2`)],
  ['a PUT of what was deleted', 410, (id, record) => stage.put(hospital, { ...document(record, { author }), id })],
]
const standing: readonly Refused[] = [
  [
    'a PUT of a version that is overtaken',
    412,
    (id, record) => stage.put(hospital, { ...document(record, { author }), id }, { 'if-match': 'W/"7"' }),
  ],
]

const opened = () =>
  stage.open(
    each => [patientOf(each), consent(each, treats(rpps.gp))],
    each => [operator, parent(each)],
  )

/** The newest line that the hospital left, as a reader is shown it, without what differs from one line to another. */
async function lineFor(reader: Actor, { id }: DossierRecord): Promise<string> {
  const about = `AuditEvent?patient=${id}&agent:identifier=https://finess.esante.gouv.fr|${finess.hospital}&outcome=4`
  const { json } = expectStatus(await stage.get(reader, about), 200)
  const [line] = select(json, '/entry/0/resource')
  return JSON.stringify(select(line, '/entity/*/detail/*'))
}

for (const [label, reader] of [
  ['INVISIBLE_PATIENT', patientOf],
  ['INVISIBLE_REPRESENTANTS_LEGAUX', parentOf],
] as const)
  for (const [what, status, ask] of [...deleted, ...standing])
    t.test(`${label}: ${what} is told as one of what never was`, async t => {
      const [hidden, empty] = [await opened(), await opened()]
      const id = await stage.createOne(hospital, document(hidden, { author, securityLabel: labels(label) }))
      if (status !== 412) expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
      t.equal((await ask(id, hidden)).status, status)
      await stage.get(hospital, `DocumentReference/${empty.id}-01kb5w4ce4v8jchz5wt6xqyzvm`)
      t.equal(await lineFor(reader(hidden), hidden), await lineFor(reader(empty), empty))
      t.match(await lineFor(gp, hidden), `"${status}"`, 'the médecin traitant is told')
    })

t.test('INVISIBLE_PATIENT: a patch by criteria that is refused is told as one that finds nothing', async t => {
  const [hidden, empty] = [await opened(), await opened()]
  const identifier = [{ system: 'urn:example:n', value: 'patched' }]
  const securityLabel = labels('INVISIBLE_PATIENT')
  await stage.createOne(hospital, document(hidden, { author, identifier, securityLabel }))
  const patched = ({ id }: DossierRecord) =>
    stage.send(hospital, `PATCH DocumentReference?patient=${id}&identifier=urn:example:n|patched`, {
      body: JSON.stringify([{ op: 'replace', path: '/status', value: 'superseded' }]),
      headers: { 'content-type': 'application/json-patch+json', 'if-match': 'W/"7"' },
    })
  t.equal((await patched(hidden)).status, 412)
  t.equal((await patched(empty)).status, 404)
  const queriesFor = async (reader: Actor, { id }: DossierRecord): Promise<number> => {
    const lines = `AuditEvent?patient=${id}&agent:identifier=https://finess.esante.gouv.fr|${finess.hospital}&outcome=4`
    return select(expectStatus(await stage.get(reader, lines), 200).json, '/entry/0/resource/entity/*/query').length
  }
  t.equal(await lineFor(patientOf(hidden), hidden), await lineFor(patientOf(empty), empty))
  t.equal(await queriesFor(patientOf(hidden), hidden), await queriesFor(patientOf(empty), empty))
  t.equal(await queriesFor(gp, empty), 1, 'the médecin traitant is told by which criteria')
})

/** What a reader's trail tells of what the hospital did to documents, however it is asked. */
async function toldOf(reader: Actor, { id }: DossierRecord): Promise<string> {
  const about = `AuditEvent?patient=${id}&agent:identifier=https://finess.esante.gouv.fr|${finess.hospital}&_count=50`
  const { json } = expectStatus(await stage.get(reader, about), 200)
  const deletes = select(json, '/entry/*/resource').filter(each => select(each, '/action')[0] === 'D')
  const shown = deletes.map(each => [
    select(each, '/outcome'),
    select(each, '/outcomeDesc'),
    select(each, '/subtype/*/code'),
    select(each, '/entity/*/type/code').length,
    select(each, '/entity/*/query'),
    select(each, '/entity/*/detail/*'),
  ])
  const counted = []
  for (const asked of [
    ...['outcome=0', 'outcome=4', 'entity-role=24', 'entity-role=4', 'entity-type=2', 'subtype=delete', 'action=D'],
  ]) {
    const { json: number } = expectStatus(await stage.get(reader, `${about}&${asked}&_summary=count`), 200)
    counted.push([asked, ...select(number, '/total')])
  }
  return JSON.stringify([shown, counted])
}

const named = 'identifier=urn:example:n|there'

/** A delete by its address, however it is sent. @returns its status. */
type Sends = (url: string, ifMatch?: string) => Promise<unknown>

const within =
  (type: 'batch' | 'transaction', ...others: readonly Json[]): Sends =>
  async (url, ifMatch) => {
    const request = { method: 'DELETE', url, ...(ifMatch === undefined ? {} : { ifMatch }) }
    const answer = await stage.post(hospital, { resourceType: 'Bundle', type, entry: [{ request }, ...others] })
    return Number.parseInt(String(select(answer.json, '/entry/0/response/status')[0] ?? answer.status), 10)
  }

const alone: Sends = async (url, ifMatch) =>
  (await stage.send(hospital, `DELETE ${url}`, ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }))
    .status

const metadata = { request: { method: 'GET', url: 'metadata' } }

const manyFound = ['refused as too many', undefined] as const
const otherVersion = ['refused for its version', 'W/"7"'] as const

// A transaction that is refused for a version has the line of a transaction, whatever in it was refused.
for (const [how, sends, refusals] of [
  ['alone', alone, [manyFound, otherVersion]],
  ['in a batch', within('batch'), [manyFound, otherVersion]],
  ['in a transaction', within('transaction'), [manyFound]],
  ['in a transaction that reads, too', within('transaction', metadata), [manyFound]],
] as const)
  for (const [what, ifMatch] of refusals)
    t.test(
      `INVISIBLE_PATIENT: a delete by criteria ${how} that is ${what} is told as one that finds nothing`,
      async t => {
        const [hidden, empty] = [await opened(), await opened()]
        const identifier = [{ system: 'urn:example:n', value: 'there' }]
        const one = document(hidden, { author, identifier, securityLabel: labels('INVISIBLE_PATIENT') })
        const many = Array.from({ length: ifMatch === undefined ? 101 : 1 }, () => one)
        await stage.create(hospital, ...many)
        const removed = ({ id }: DossierRecord) => sends(`DocumentReference?patient=${id}&${named}`, ifMatch)
        t.equal(await removed(hidden), 412)
        t.equal(await removed(empty), 204)
        t.equal(await toldOf(patientOf(hidden), hidden), await toldOf(patientOf(empty), empty))
        t.match(await toldOf(gp, empty), /found nothing by its criteria/, 'the médecin traitant is told')
      },
    )

t.test(
  'a delete by criteria that finds nothing leaves its line beside those of what the transaction writes',
  async t => {
    const record = await opened()
    const url = `DocumentReference?patient=${record.id}&identifier=urn:example:n|absent`
    const created = { resource: document(record, { author }), request: { method: 'POST', url: 'DocumentReference' } }
    t.equal(await within('transaction', created)(url), 204)
    t.match(await toldOf(gp, record), /found nothing by its criteria/)
    const about = `AuditEvent?patient=${record.id}&action=C&subtype=create&_summary=count`
    t.not(select(expectStatus(await stage.get(gp, about), 200).json, '/total')[0], 0)
  },
)
