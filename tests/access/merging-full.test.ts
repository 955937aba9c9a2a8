/** Two records whose rules together need more room than one has are not merged, and told so. `access.md` section 4, `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { patientOf, rpps } from './support/cast.ts'
import { blocks, consent } from './support/consents.ts'
import type { Json } from './support/contents.ts'
import { mergingOn } from './support/merging.ts'
import { type DossierRecord, expectStatus, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(240_000)
const stage = stageOn(await startServer(t))
const { merges, statusOf } = mergingOn(stage)

/** A Consent that means a hundred resources with what refers to them. */
function long(record: DossierRecord, from: number): Json {
  const data = Array.from({ length: 100 }, (_, n) => ({
    meaning: 'dependents',
    reference: { reference: `Observation/${record.id}-01m8059acqpq9fa9mh94z4${1000 + from + n}` },
  }))
  return consent(record, { ...blocks(rpps.gp), data })
}

t.test('records whose rules do not fit into one are not merged, and the refusal says why', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  for (const record of [source, target])
    for (const from of [0, 100, 200]) expectStatus(await stage.post(patientOf(record), long(record, from)), 201)
  const answer = await merges(source, target)
  t.equal(refusalOf(answer), '422 refusedByRule http.target-patient')
  t.match(select(answer.json, '/issue/0/diagnostics')[0], /at most 1000 .* found more/)
  for (const record of [source, target]) t.equal(await statusOf(patientOf(record), `Patient/${record.id}`), 200)
})
