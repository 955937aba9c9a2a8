/** $everything as each of them may ask for it: what comes is what reads and searches give, and nothing else. `access.md` sections 2 and 3. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  secretary,
  stranger,
} from './support/cast.ts'
import { authorises, blocks, careTeam, consent, masksDocument } from './support/consents.ts'
import { byFiness, byRpps, coded, document, labels, loinc, observation } from './support/contents.ts'
import { type DossierRecord, expectStatus, type Stage, startStage } from './support/stage.ts'

const stage = await startStage(t)
const { get } = stage
const author = [byFiness(finess.hospital)]

const record = await stage.open(
  each => [patientOf(each), consent(each, authorises(rpps.gp))],
  each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
)
const [plain = '', masked = '', announced = '', byConsent = ''] = await stage.create(
  hospital,
  document(record, { author }),
  document(record, { author, securityLabel: labels('MASQUE_PS') }),
  document(record, { author, securityLabel: labels('INVISIBLE_PATIENT') }),
  document(record, { author }),
)
const [vitals = ''] = await stage.create(
  hospital,
  observation(record, {
    category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
    performer: author,
  }),
)
const [ofLaboratory = ''] = await stage.create(
  laboratory,
  document(record, { type: coded(loinc, '11502-2'), author: [byFiness(finess.laboratory)] }),
)
await stage.create(patientOf(record), consent(record, masksDocument(`DocumentReference/${byConsent}`)))
const other = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
await stage.create(hospital, document(other, { author }))

const pathOf = ({ id }: Pick<DossierRecord, 'id'>, query = ''): string => `Patient/${id}/$everything${query}`
const all = (actor: Actor, of: Pick<DossierRecord, 'id'> = record, query = '') => get(actor, pathOf(of, query))

/** `Type/id` of all entries. */
const held = (answer: Answer): readonly string[] =>
  select(answer.json, '/entry/*/fullUrl').map(url => String(url).replace(`${stage.base}/`, ''))

/** What searches and a read of the Patient give the same caller. */
async function found({ get }: Stage, actor: Actor, { id }: DossierRecord): Promise<readonly string[]> {
  const types = select((await get(actor, 'metadata')).json, '/rest/0/resource/*')
    .filter(resource => select(resource, '/interaction/*/code').includes('search-type'))
    .map(resource => String(select(resource, '/type')[0]))
    .filter(type => !['Patient', 'AuditEvent', 'Practitioner', 'PractitionerRole', 'Organization'].includes(type))
  const read = await get(actor, `Patient/${id}`)
  const pages = await Promise.all(types.map(type => get(actor, `${type}?patient=${id}&_count=200`)))
  return [...(read.status === 200 ? [`Patient/${id}`] : []), ...pages.flatMap(held)].sort()
}

/** What a search finds too: no Binary, and nothing that came along. */
const ofSearches = (entries: readonly string[]): readonly string[] =>
  entries.filter(each => !/^(?:Binary|Practitioner|Organization)/.test(each)).sort()

const documents = (...ids: readonly string[]): readonly string[] => ids.map(id => `DocumentReference/${id}`)

for (const [name, actor, sees, misses] of [
  [
    'a GP who is authorised',
    gp,
    [`Observation/${vitals}`, ...documents(plain, announced, ofLaboratory)],
    documents(masked, byConsent),
  ],
  ['a nurse of the care team', nurse, [`Patient/${record.id}`], documents(masked, byConsent)],
  ['the patient', patientOf(record), documents(plain, masked, byConsent, ofLaboratory), documents(announced)],
  ['a physician in an emergency', emergencyPhysician, documents(plain), documents(masked, byConsent)],
] as const) {
  t.test(`${name} gets what he may read and search, and nothing else`, async t => {
    const answer = await all(actor)
    t.equal(answer.status, 200)
    const entries = held(answer)
    t.same(ofSearches(entries), await found(stage, actor, record))
    for (const each of sees) t.ok(entries.includes(each), each)
    for (const each of misses) t.notOk(entries.includes(each), each)
    t.equal(new Set(entries).size, entries.length)
    for (const patient of select(answer.json, '/entry/*/resource/subject/reference'))
      t.equal(patient, `Patient/${record.id}`)
    t.notOk(entries.some(each => each.startsWith('AuditEvent')))
  })
}

for (const [name, actor, of] of [
  ['a physician without an authorisation', stranger, record],
  ['a physician of the hospital, for a hospital deposits and reads only its own', hospitalPhysician, other],
  ['the hospital', hospital, record],
  ['another patient', patientOf(other), record],
  ['a parent who is none', parentOf(record), record],
  ['the insurance', insurance, record],
  ['a secretary', secretary, record],
  ['an operator', operator, record],
] as const) {
  t.test(`${name} is answered as a read of the Patient answers`, async t => {
    const [read, everything] = [await get(actor, `Patient/${of.id}`), await all(actor, of)]
    if (read.status !== 200) t.same([everything.status, everything.json], [read.status, read.json])
    else t.same(ofSearches(held(everything)), await found(stage, actor, of))
    t.notMatch(everything.bytes.toString(), new RegExp(ofLaboratory), 'nothing that another deposited')
  })
}

t.test('a hidden and an absent record are told the same', async t => {
  const [hidden, absent] = [await all(stranger), await all(stranger, { id: '0123456789ab' })]
  t.same([hidden.status, hidden.json], [404, absent.json])
})

t.test('types that scopes do not cover are left out; both reading and searching are needed', async t => {
  const scoped = (scope: string): Actor => ({ ...gp, scope })
  const types = (answer: Answer) => [...new Set(held(answer).map(each => each.split('/')[0]))].sort()
  t.same(types(await all(scoped('user/Patient.r user/Observation.rs'))), ['Observation', 'Patient'])
  t.same(types(await all(scoped('user/Patient.r user/Observation.s user/DocumentReference.r'))), ['Patient'])
  t.same((await all(scoped('user/Observation.rs'))).status, 403)
  t.same((await all(scoped('user/Patient.s'))).status, 403)
  const narrow = scoped('user/Patient.r user/DocumentReference.rs?type=http://loinc.org|11502-2')
  t.same(
    held(await all(narrow)).filter(each => !each.startsWith('Patient')),
    documents(ofLaboratory),
  )
  const apart = 'user/DocumentReference.r?type=http://loinc.org|11502-2 user/DocumentReference.s'
  t.same(
    held(await all(scoped(`user/Patient.r ${apart}`))).filter(each => !each.startsWith('Patient')),
    documents(ofLaboratory),
  )
})

t.test('a link to a page is of one caller and one record, and each page is decided anew', async t => {
  const own = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  await stage.create(hospital, document(own, { author }), document(own, { author }))
  const next = String(select((await all(gp, own, '?_count=1')).json, '/link/[relation=next]/url')[0])
  t.equal((await get(gp, next)).status, 200)
  t.equal((await get(nurse, next)).status, 400)
  t.equal((await get(gp, next.replace(own.id, record.id))).status, 400)
  await stage.create(patientOf(own), consent(own, blocks(rpps.gp)))
  t.equal((await get(gp, next)).status, 404, 'blocked since')
  t.equal((await all(gp, own)).status, 404)
})

t.test('a closed record answers nobody', async t => {
  const closed = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const { json } = expectStatus(await get(patientOf(closed), `Patient/${closed.id}`), 200)
  expectStatus(await stage.put(patientOf(closed), { ...(json as object), active: false }), 200)
  for (const actor of [gp, hospital, patientOf(closed)]) t.equal((await all(actor, closed)).status, 404)
})

t.test('the trail has a line before and a line after, and the patient sees what he may', async t => {
  const own = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const [open = '', hidden = ''] = await stage.create(
    hospital,
    document(own, { author }),
    document(own, { author, securityLabel: labels('INVISIBLE_PATIENT') }),
  )
  const sent = await get(gp, pathOf(own, '?_type=Patient,DocumentReference'), { 'x-request-id': 'all-of-it' })
  t.same([...held(sent)].sort(), [`Patient/${own.id}`, ...documents(open, hidden)].sort())
  const lines = async (actor: Actor) =>
    select((await get(actor, `AuditEvent?patient=${own.id}&_sort=date&_count=200`)).json, '/entry/*/resource').filter(
      event => JSON.stringify(event).includes('all-of-it'),
    )
  const told = (events: readonly unknown[]) =>
    events.map(event =>
      select(event, '/entity/*/what/reference')
        .map(reference => String(reference).replace(/\/_history.*/, ''))
        .filter(reference => reference !== `Patient/${own.id}` || !/"code":"1","display":"Patient"/.test(reference)),
    )
  const seen = await lines(patientOf(own))
  t.equal(seen.length, 2)
  t.ok(seen.every(event => select(event, '/subtype/0/code')[0] === 'operation'))
  const [started = [], delivered = []] = told(seen)
  t.same(started, [`Patient/${own.id}`])
  t.ok(delivered.includes(`DocumentReference/${open}`))
  t.notMatch(JSON.stringify(seen), new RegExp(hidden), 'what is hidden from him leaves no trace that he sees')
  const refused = await get(stranger, pathOf(own), { 'x-request-id': 'refused-one' })
  t.equal(refused.status, 404)
  const trail = await get(patientOf(own), `AuditEvent?patient=${own.id}&_count=200`)
  t.ok(
    select(trail.json, '/entry/*/resource').some(
      event => JSON.stringify(event).includes('refused-one') && select(event, '/outcome')[0] === '4',
    ),
  )
})
