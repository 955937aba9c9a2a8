/** A chain is no oracle: every stage sees what its caller could have searched himself. `access.md` section 3. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  finess,
  gp,
  hospital,
  operator,
  patientOf,
  professional,
  rpps,
  speciality,
} from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import {
  byFiness,
  coded,
  creates,
  document,
  loinc,
  numbers,
  observation,
  patient,
  report,
  transaction,
} from './support/contents.ts'
import { expectStatus, idOf, idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const [record, other, foreign] = await Promise.all([stage.open(lets), stage.open(lets), stage.open()])
const owner = patientOf(record)

const doctor = idOf(
  expectStatus(
    await stage.post(operator, {
      ...{ resourceType: 'Practitioner', name: [{ family: 'Durand' }] },
      identifier: [{ system: 'https://rpps.esante.gouv.fr', value: rpps.hospital }],
    }),
    201,
  ).headers.get('location'),
)
const numbered = (value: string) => ({ identifier: [{ system: numbers, value }] })
const by = (value: string): string => encodeURIComponent(`${numbers}|${value}`)

/** A document of a record and a result that derives from it. */
async function deposit({ id }: { id: string }, number: string) {
  const written = document(
    { id },
    { author: [...author, { reference: `Practitioner/${doctor}` }], ...numbered(number) },
  )
  const documentId = await stage.createOne(hospital, written)
  const derived = { derivedFrom: [{ reference: `DocumentReference/${documentId}` }] }
  return { documentId, result: await stage.createOne(hospital, observation({ id }, { performer: author, ...derived })) }
}

const seen = await deposit(record, 'seen')
const masked = await deposit(record, 'masked')
const elsewhere = await deposit(other, 'elsewhere')
const unopened = await deposit(foreign, 'unopened')
await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked.documentId}`)))
const [reportId = ''] = await stage.create(
  hospital,
  report(record, { performer: author, result: [{ reference: `Observation/${seen.result}` }] }),
)

const chain = (actor: Actor, number: string, at = record): Promise<Answer> =>
  stage.get(
    actor,
    `Observation?patient=${at.id}&derived-from:DocumentReference.identifier=${by(number)}&_total=accurate`,
  )
const found = (answer: Answer, type = 'Observation') => [
  answer.status,
  select(answer.json, '/total')[0],
  idsIn(answer, type),
]

t.test('a chain through a visible document leads where it points', async t => {
  t.same(found(await chain(gp, 'seen')), [200, 1, [seen.result]])
  t.same(found(await chain(owner, 'masked')), [200, 1, [masked.result]], 'its patient sees the masked one too')
})

t.test('a chain through a masked document finds what a chain through none finds', async t => {
  for (const number of ['masked', 'nothing-at-all']) t.same(found(await chain(gp, number)), [200, 0, []], number)
  const backward = `DocumentReference?patient=${record.id}&_has:Observation:derived-from:code=718-7`
  t.same(found(await stage.get(gp, `${backward}&_total=accurate`), 'DocumentReference'), [200, 1, [seen.documentId]])
})

t.test('a chain stays in its record, also for somebody who sees the other one', async t => {
  for (const number of ['elsewhere', 'unopened']) t.same(found(await chain(gp, number)), [200, 0, []], number)
  t.same(found(await chain(gp, 'elsewhere', other)), [200, 1, [elsewhere.result]])
  const answer = await stage.get(gp, `DiagnosticReport?patient=${record.id}&result.patient=${other.id}&_total=accurate`)
  t.same(found(answer, 'DiagnosticReport'), [200, 0, []])
})

t.test('a record that is not open to the caller answers a chain like one that never was', async t => {
  const absent = { ...foreign, id: '0'.repeat(12) }
  for (const at of [foreign, absent]) t.same(found(await chain(gp, 'unopened', at)), [200, 0, []])
  t.same(found(await chain(hospital, 'unopened', foreign)), [200, 1, [unopened.result]], 'its depositor sees it')
})

t.test('a closed record is followed nowhere', async t => {
  const closing = await stage.open(lets)
  const { result } = await deposit(closing, 'closing')
  t.same(found(await chain(gp, 'closing', closing)), [200, 1, [result]])
  const current = await stage.get(patientOf(closing), `Patient/${closing.id}`)
  const closed = { ...patient(closing.ins, { active: false }), id: closing.id }
  expectStatus(current, 200)
  expectStatus(await stage.put(patientOf(closing), closed), 200)
  t.same(found(await chain(gp, 'closing', closing)), [200, 0, []])
})

t.test('the directory is followed from a record, and by name', async t => {
  const path = `DocumentReference?patient=${record.id}&author:Practitioner.name=duran&_total=accurate`
  t.same(found(await stage.get(gp, path), 'DocumentReference'), [200, 1, [seen.documentId]])
  t.same(found(await stage.get(gp, path.replace('duran', 'dupon')), 'DocumentReference'), [200, 0, []])
  const untyped = `DocumentReference?patient=${record.id}&author.identifier=${rpps.hospital}&_total=accurate`
  t.same(found(await stage.get(gp, untyped), 'DocumentReference'), [200, 1, [seen.documentId]])
})

t.test('a scope for the chained type is needed: 403, the same for every record and every value', async t => {
  const narrow: Actor = { ...gp, scope: 'user/Observation.rs user/DiagnosticReport.rs' }
  const refused = await Promise.all(
    [record, foreign, { ...record, id: '0'.repeat(12) }].flatMap(({ id }) =>
      [
        'derived-from:DocumentReference.identifier=a',
        'performer:Practitioner.name=durand',
        '_has:List:item:status=x',
      ].map(more => stage.get(narrow, `Observation?patient=${id}&${more}`)),
    ),
  )
  t.same([...new Set(refused.map(refusalOf))], ['403 insufficientScope'])
  const texts = refused.map(({ json }) => String(select(json, '/issue/0/diagnostics')[0]))
  t.same(texts.slice(0, 3), texts.slice(3, 6))
  t.same(texts.slice(0, 3), texts.slice(6, 9))
  t.match(texts, [/DocumentReference/, /Practitioner/, /List/])
  t.equal((await stage.get(narrow, `DiagnosticReport?patient=${record.id}&result.code=718-7`)).status, 200)
  const deep = `DiagnosticReport?patient=${record.id}&result.derived-from:DocumentReference.identifier=a`
  t.equal(refusalOf(await stage.get(narrow, deep)), '403 insufficientScope')
})

t.test('a scope that narrows the chained type narrows the chain', async t => {
  const path = `DiagnosticReport?patient=${record.id}&result.code=718-7`
  const narrow = (more: string): Actor => ({ ...gp, scope: `user/DiagnosticReport.rs user/Observation.rs?${more}` })
  t.same(idsIn(await stage.get(narrow('category=laboratory'), path), 'DiagnosticReport'), [reportId])
  t.same(idsIn(await stage.get(narrow('category=vital-signs'), path), 'DiagnosticReport'), [])
})

t.test('a scope is never a chain', async t => {
  const chained: Actor = { ...gp, scope: 'user/Observation.rs?derived-from.status=current' }
  t.equal(refusalOf(await stage.get(chained, `Observation?patient=${record.id}`)), '403 insufficientScope')
})

t.test('who has no column follows nothing', async t => {
  const occupational = professional(rpps.occupational, { specialities: [speciality('SM25')] })
  t.equal((await chain(occupational, 'seen')).status, 403)
})

t.test('a document that the column does not open is not followed', async t => {
  const letter = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.podologue))])
  const [hiddenId = ''] = await stage.create(
    hospital,
    document(letter, { author, type: coded(loinc, '34112-3'), ...numbered('hospital') }),
  )
  const plain = await stage.createOne(
    hospital,
    document(letter, {
      author,
      relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${hiddenId}` } }],
    }),
  )
  const path = `DocumentReference?patient=${letter.id}&relatesto.type=34112-3`
  t.same(idsIn(await stage.get(patientOf(letter), path), 'DocumentReference'), [plain])
  const podologue = professional(rpps.podologue, {
    profession: {
      system: 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante',
      code: '80',
    },
  })
  t.same(idsIn(await stage.get(podologue, path), 'DocumentReference'), [])
})

t.test('from the directory no record is searched, nor from all records at once', async t => {
  const answer = await stage.get(gp, 'Practitioner?_has:Observation:performer:code=718-7')
  t.equal(refusalOf(answer), '400 tooCostly http._has:Observation:performer:code')
  const named = await stage.get(gp, `Practitioner?_has:Observation:performer:patient=${record.id}`)
  t.equal(refusalOf(named), '400 tooCostly http._has:Observation:performer:patient')
  const consents = await stage.get(gp, `Consent?data:DocumentReference.identifier=${by('unopened')}`)
  t.equal(refusalOf(consents), '400 tooCostly http.data:DocumentReference.identifier')
  t.equal((await stage.get(gp, 'Consent?actor:Practitioner.name=durand')).status, 200)
})

t.test('the patient reads in the trail by which chain his record was searched', async t => {
  await chain(gp, 'seen')
  const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&_count=200`)
  const queries = select(trail.json, '/entry/*/resource/entity/*/query').map(query =>
    Buffer.from(String(query), 'base64').toString(),
  )
  t.match(queries.join(' '), `derived-from:DocumentReference.identifier=${numbers}|seen`)
})

t.test('in a batch and in a transaction a chain is the same', async t => {
  const url = `Observation?patient=${record.id}&derived-from:DocumentReference.identifier=${by('masked')}&_total=accurate`
  const answer = await stage.post(gp, transaction({ request: { method: 'GET', url } }))
  t.same(select(answer.json, '/entry/0/resource/total'), [0])
  const conditional = await stage.post(
    hospital,
    transaction(
      creates(observation(record, { performer: author }), undefined, `derived-from.identifier=${by('masked')}`),
    ),
  )
  t.equal(conditional.status, 400, 'a condition is no chain')
})

t.test('the link to the next page holds the chain, and is of its caller', async t => {
  const path = `Observation?patient=${record.id}&derived-from:DocumentReference.status=current&_count=1`
  const first = await stage.get(owner, path)
  const next = String(select(first.json, '/link/[relation=next]/url')[0])
  const second = await stage.get(owner, next)
  t.same([...idsIn(first, 'Observation'), ...idsIn(second, 'Observation')].sort(), [seen.result, masked.result].sort())
  t.equal((await stage.get(gp, next)).status, 400)
})

t.test('in the regime smart a chain goes across records, as far as the scopes do', async t => {
  const smart = await startStage(t, { ACCESS_REGIME: 'smart' })
  const system: Actor = { ...hospital, scope: 'system/*.cruds' }
  const made = async (code: string) => {
    const id = idOf((await smart.post(system, patient(code))).headers.get('location'))
    const result = idOf((await smart.post(system, observation({ id }))).headers.get('location'))
    return { id, result }
  }
  const [one, two] = [await made('180000000000001'), await made('180000000000002')]
  const launched: Actor = { ...patientOf(one), scope: 'patient/*.rs' }
  const has = 'Patient?_has:Observation:subject:code=718-7'
  t.same([...idsIn(await smart.get(system, has), 'Patient')].sort(), [one.id, two.id].sort())
  t.same(idsIn(await smart.get(launched, has), 'Patient'), [one.id])
  const chained = 'Observation?subject:Patient.identifier:not=x'
  t.same([...idsIn(await smart.get(system, chained), 'Observation')].sort(), [one.result, two.result].sort())
  t.same(idsIn(await smart.get(launched, chained), 'Observation'), [one.result])
  t.same(idsIn(await smart.get(launched, `${chained}&patient=${two.id}`), 'Observation'), [])
  const observations: Actor = { ...system, scope: 'system/Observation.rs' }
  t.equal(refusalOf(await smart.get(observations, chained)), '403 insufficientScope')
})
