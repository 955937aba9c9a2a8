/** How somebody was refused may tell that something is there: to whom a mask may hide it, all refusals are one. `access.md` section 8. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { consent, parent, treats } from './support/consents.ts'
import { byFiness, document, labels } from './support/contents.ts'
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
