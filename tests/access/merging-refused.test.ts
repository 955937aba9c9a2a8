/** Who merges and parts records, what is asked of the request, and which records are not merged. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { gp, hospital, insurance, operator, parentOf, patientOf, secretary } from './support/cast.ts'
import { document, insSystem } from './support/contents.ts'
import { beneath, mergingOn, own, refer, two } from './support/merging.ts'
import { expectStatus, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { asks, merges, parts, statusOf } = mergingOn(stage)
const db = beneath(t, server)

for (const [sentence, actor, expected] of [
  ['a professional', gp, 403],
  ['a structure', hospital, 403],
  ['the insurance', insurance, 403],
  ['a secretary', secretary, 403],
  ['a patient', patientOf({ id: '0123456789ab' }), 403],
  ['a representative', parentOf({ id: '0123456789ab' }), 403],
  ['an operator without the scope', { ...operator, scope: 'user/Patient.rs' }, 403],
] as const)
  t.test(`${sentence} neither merges nor parts records`, async t => {
    const [source, target] = [
      { id: '0123456789ab', ins: '' },
      { id: '0123456789ac', ins: '' },
    ]
    const given = { 'source-patient': refer(source), 'target-patient': refer(target) }
    t.equal((await asks(actor, '$merge', { ...given, reason: 'DOUBLON' })).status, expected)
    t.equal((await asks(actor, '$unmerge', { ...given, reason: 'FUSION_ERRONEE' })).status, expected)
  })

t.test('what is missing, unknown or malformed is refused by its name', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const pair = { 'source-patient': refer(source), 'target-patient': refer(target) }
  for (const [given, expected] of [
    [pair, '400 badParameter http.reason'],
    [{ ...pair, reason: 'because' }, '400 badParameter http.reason'],
    [{ reason: 'DOUBLON', 'target-patient': refer(target) }, '400 badParameter http.source-patient'],
    [{ ...pair, reason: 'DOUBLON', 'result-patient': true }, '400 unknownParameter http.result-patient'],
    [{ ...pair, reason: 'DOUBLON', preview: 'maybe' }, '400 badParameter http.preview'],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient': refer({ id: '0123456789ab' }) },
      '422 refusedByRule http.source-patient',
    ],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient': { reference: 'Patient/__proto__' } },
      '422 refusedByRule http.source-patient',
    ],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient-identifier': { system: insSystem, value: target.ins } },
      '422 refusedByRule http.source-patient',
    ],
    [{ ...pair, reason: 'DOUBLON', 'target-patient': refer(source) }, '409 conflict http.source-patient'],
  ] as const)
    t.equal(refusalOf(await asks(operator, '$merge', given)), expected)
  t.equal(refusalOf(await parts(source, target)), '409 conflict http.source-patient', 'they are not one')
})

t.test('a preview tells types and numbers, and changes nothing', async t => {
  const { source, target, plain } = await two(stage)
  const before = await db.collection('record').find({ patient: source.id }).toArray()
  const answer = await merges(source, target, { preview: true })
  t.equal(answer.status, 200, answer.bytes.toString())
  const moves = select(answer.json, '/parameter/[name=moves]/part').map(part =>
    [...select(part, '/[name=type]/valueCode'), ...select(part, '/[name=count]/valueUnsignedInt')].join(' '),
  )
  t.same(moves, ['Binary 1', 'Consent 5', 'DocumentReference 3', 'Observation 1', 'RelatedPerson 1'])
  t.notOk(answer.bytes.toString().includes(plain), 'no id of what a record holds')
  t.same(await db.collection('record').find({ patient: source.id }).toArray(), before)
  const trail = await stage.get(patientOf(source), `AuditEvent?patient=${source.id}`)
  t.ok(trail.bytes.toString().includes('$merge'), 'the patient learns that it was asked')
})

t.test('a closed record is not merged', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const close = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'FERMETURE_DEMANDE_PATIENT' }] }
  expectStatus(await stage.send(patientOf(source), `POST Patient/${source.id}/$close`, { body: close }), 200)
  t.equal(refusalOf(await merges(source, target)), '409 conflict http.source-patient')
  t.equal(refusalOf(await merges(target, source)), '409 conflict http.target-patient')
})

t.test('a record of more than 5,000 resources is not merged, and stays as it is', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const first = await stage.createOne(hospital, document(source, own))
  const rows = db.collection<{ _id: string }>('record')
  const row = await rows.findOne({ _id: first })
  const copies = Array.from({ length: 5000 }, (_, n) => {
    const _id = `${first.slice(0, -4)}${String(n).padStart(4, '0')}`
    return { ...row, _id, id: _id }
  })
  await rows.insertMany(copies as never)
  const answer = await merges(source, target)
  t.equal(refusalOf(answer), '400 tooCostly http.source-patient')
  t.equal(await statusOf(patientOf(source), `DocumentReference/${first}`), 200)
})
