/** A value set is no way around: it finds what its codes find, and is known to those alone who may search it. `access.md` section 3. */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import { byFiness, document, loinc, numbers, observation, patient } from './support/contents.ts'
import { expectStatus, idOf, idsIn, startStage } from './support/stage.ts'

const everyType = { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') }
const url = 'http://example.org/ValueSet/blood'
const valueSet = {
  ...{ resourceType: 'ValueSet', status: 'active', url },
  compose: { include: [{ system: loinc, concept: [{ code: '718-7' }] }] },
}

t.test('in the regime smart a value set is asked as far as the scopes do', async t => {
  const smart = await startStage(t, { ...everyType, ACCESS_REGIME: 'smart' })
  const system: Actor = { ...hospital, scope: 'system/*.cruds' }
  const made = async (number: string) => {
    const id = idOf(expectStatus(await smart.post(system, patient(number)), 201).headers.get('location'))
    return { id, result: idOf((await smart.post(system, observation({ id }))).headers.get('location')) }
  }
  const [one, two] = [await made('180000000000001'), await made('180000000000002')]
  expectStatus(await smart.post(system, valueSet), 201)
  const asked = `Observation?code:in=${url}`
  t.same([...idsIn(await smart.get(system, asked), 'Observation')].sort(), [one.result, two.result].sort())
  const launched: Actor = { ...patientOf(one), scope: 'patient/Observation.rs user/ValueSet.rs' }
  t.same(idsIn(await smart.get(launched, asked), 'Observation'), [one.result])
  const without: Actor = { ...patientOf(one), scope: 'patient/Observation.rs' }
  const [hidden, absent] = [await smart.get(without, asked), await smart.get(without, `${asked}s`)]
  t.equal(hidden.status, 400)
  t.same(hidden.json, absent.json, 'who may not search value sets is told of none')
  const ofR4 = 'http://hl7.org/fhir/ValueSet/observation-status'
  for (const by of [url, ofR4]) {
    const narrow: Actor = { ...patientOf(one), scope: `patient/Observation.rs?status:in=${by} user/ValueSet.rs` }
    t.equal((await smart.get(narrow, 'Observation')).status, 403, 'a scope with a modifier grants nothing')
  }
})

t.test('in the regime smart a kept hierarchy is asked as far as the scopes do', async t => {
  const smart = await startStage(t, { ...everyType, ACCESS_REGIME: 'smart' })
  const system: Actor = { ...hospital, scope: 'system/*.cruds' }
  const made = expectStatus(await smart.post(system, patient('180000000000001')), 201)
  const one = { id: idOf(made.headers.get('location')) }
  const result = idOf((await smart.post(system, observation({ id: one.id }))).headers.get('location'))
  const concept = [{ code: 'blood', concept: [{ code: '718-7' }] }]
  const kept = { resourceType: 'CodeSystem', status: 'active', url: loinc, content: 'complete', concept }
  expectStatus(await smart.post(system, { ...kept, hierarchyMeaning: 'is-a' }), 201)
  const asked = `Observation?code:below=${loinc}%7Cblood`
  t.same(idsIn(await smart.get(system, asked), 'Observation'), [result])
  const chained = `Patient?_has:Observation:patient:code:below=${loinc}%7Cblood`
  t.same(idsIn(await smart.get(system, chained), 'Patient'), [one.id])
  const without: Actor = { ...patientOf(one), scope: 'patient/Observation.rs patient/Patient.rs' }
  for (const path of [asked, chained]) {
    const absent = path.replace(loinc, 'http://example.org/none')
    const [hidden, unknown] = [await smart.get(without, path), await smart.get(without, absent)]
    t.same([hidden.status, hidden.json], [400, unknown.json], 'who may not search code systems is told of none')
  }
})

t.test('in the regime dmp a value set finds nothing that is hidden, nor counts it', async t => {
  const stage = await startStage(t, everyType)
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const author = [byFiness(finess.hospital)]
  const deposit = (value: string) =>
    stage.createOne(hospital, document(record, { author, identifier: [{ system: numbers, value }] }))
  const [seen, masked] = [await deposit('seen'), await deposit('masked')]
  await stage.create(patientOf(record), consent(record, masksDocument(`DocumentReference/${masked}`)))
  const status = 'http://hl7.org/fhir/ValueSet/document-reference-status'
  const at = `DocumentReference?patient=${record.id}&_total=accurate`
  for (const asked of [`status:in=${status}`, `type:not-in=${status}`, `_filter=status in ${status}`]) {
    const answer = await stage.get(gp, `${at}&${asked}`)
    t.same([answer.status, idsIn(answer, 'DocumentReference')], [200, [seen]], asked)
    t.match(answer.json, { total: 1 })
  }
  const foreign = await stage.open()
  const unknown = await Promise.all(
    [record.id, foreign.id, '00000000-none'].map(id => stage.get(gp, `Observation?patient=${id}&code:in=${url}`)),
  )
  for (const { status, json } of unknown) t.same([status, json], [400, unknown[0]?.json], 'the same for every record')
  t.equal((await stage.post(gp, valueSet)).status, 403, 'the directory is the operator’s')
  const kept = await stage.post(operator, valueSet)
  t.equal(kept.status, 201)
  const found = await stage.get(gp, `${at}&type:not-in=${url}`)
  t.same([found.status, idsIn(found, 'DocumentReference')], [200, [seen]])
})
