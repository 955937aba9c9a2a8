/** Who may ask $who-can-access, of what and in which form: others are answered as if there were nothing. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  finess,
  gp,
  hospital,
  insurance,
  nurse,
  operator,
  parentOf,
  patientOf,
  podologue,
  rpps,
  secretary,
  stranger,
} from './support/cast.ts'
import { authorises, careTeam, consent, parent, treats } from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, labels, loinc } from './support/contents.ts'
import { type Addition, type DossierRecord, startStage } from './support/stage.ts'
import { told, verdictOf } from './support/who-can-access.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const by =
  (provision: Json): Addition =>
  record => [patientOf(record), consent(record, provision)]

const record = await stage.open(
  by(treats(rpps.gp)),
  by(authorises(rpps.podologue)),
  each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
  each => [operator, parent(each)],
)
const patient = patientOf(record)
const author = [byFiness(finess.hospital)]
const [plain = '', unannounced = ''] = await stage.create(
  hospital,
  document(record, { author, type: coded(loinc, '11502-2') }),
  document(record, { author, type: coded(loinc, '11502-2'), securityLabel: labels('INVISIBLE_PATIENT') }),
)

const other = await stage.open(by(treats(rpps.gp)), by(authorises(rpps.podologue)))
const [elsewhere = ''] = await stage.create(hospital, document(other, { author }))

const ask = (actor: Actor, about?: string, of: Pick<DossierRecord, 'id'> = record) =>
  stage.get(actor, `Patient/${of.id}/$who-can-access${about === undefined ? '' : `?document=${about}`}`)

t.test('what is hidden from the patient is absent to him, and not to his médecin traitant', async t => {
  const absent = await ask(patient, `DocumentReference/${record.id}-01kb5w4ce4v8jchz5wt6xqyzvm`)
  const hidden = await ask(patient, unannounced)
  t.same([hidden.status, hidden.bytes.toString()], [404, absent.bytes.toString()])
  const whole = await ask(gp, unannounced)
  t.same(verdictOf(whole.json, 'patient'), [[false, 'visible']])
})

for (const [who, actor, status] of [
  ['the patient', patient, 200],
  ['the médecin traitant', gp, 200],
  ['a professional who may read the record', podologue, 403],
  ['a member of the care team', nurse, 403],
  ['a stranger', stranger, 404],
  ['another patient', patientOf(other), 404],
  ['the parent', parentOf(record), 403],
  ['a structure', hospital, 403],
  ['a secretary of the hospital, which deposited', secretary, 403],
  ['the insurance', insurance, 403],
  ['an operator', operator, 403],
] as const) {
  t.test(`${who} is answered with ${status}`, async t => t.equal((await ask(actor)).status, status))
}

for (const [what, path, status] of [
  ['a document of another record, though both are his', `document=DocumentReference/${elsewhere}`, 404],
  ['a document under another type', `document=Observation/${plain}`, 404],
  ['a type that is not served', 'document=Basic/a', 400],
  ['the trail', 'document=AuditEvent/a', 400],
  ['a text that is no reference', 'document=a%20b', 400],
  ['a word of the language', 'document=__proto__', 400],
  ['two documents', `document=${plain}&document=${plain}`, 400],
  ['a parameter that it does not have', 'patient=a', 400],
] as const) {
  t.test(`${what} is ${status}`, async t => {
    t.equal((await stage.get(gp, `Patient/${record.id}/$who-can-access?${path}`)).status, status)
  })
}

t.test('scopes that do not cover Consents do not tell who is named in them', async t => {
  const narrow: Actor = { ...patient, scope: 'patient/Patient.rs patient/DocumentReference.rs' }
  t.equal((await ask(narrow, plain)).status, 403)
})

t.test('a closed record answers nobody', async t => {
  const closed = await stage.open(by(treats(rpps.gp)))
  const { json } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
  await stage.put(patientOf(closed), { ...(json as Json), active: false })
  t.equal((await ask(patientOf(closed), undefined, closed)).status, 404)
  t.equal((await ask(gp, undefined, closed)).status, 404)
})

t.test('posted as Parameters and read as XML it says the same', async t => {
  const posted = await stage.send(patient, `POST Patient/${record.id}/$who-can-access`, {
    body: { resourceType: 'Parameters', parameter: [{ name: 'document', valueString: plain }] },
  })
  t.same(told(posted.json, 'professional'), told((await ask(patient, plain)).json, 'professional'))
  const xml = await stage.get(patient, `Patient/${record.id}/$who-can-access?_format=xml`)
  t.equal(xml.status, 200)
  t.match(xml.bytes.toString(), /<Parameters xmlns="http:\/\/hl7.org\/fhir">/)
})

t.test('the question is in the trail, and hidden from the patient where the document is', async t => {
  await ask(gp, unannounced)
  const trail = async (actor: Actor) =>
    select(
      (await stage.get(actor, `AuditEvent?patient=${record.id}&_count=200`)).json,
      '/entry/*/resource/entity/*/description',
    ).map(String)
  const [his, hers] = [await trail(gp), await trail(patient)]
  t.ok(his.includes(`$who-can-access?document=DocumentReference/${unannounced}`))
  t.notOk(hers.some(text => text.includes(unannounced)))
  t.ok(hers.includes(`$who-can-access?document=DocumentReference/${plain}`))
})
