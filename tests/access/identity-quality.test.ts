/** Only a qualified identity with an INS opens a record, or feeds one. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { reliabilityUrl } from '../../security/identity-quality.ts'
import { startServer } from '../support/server.ts'
import { hospital } from './support/cast.ts'
import { consent } from './support/consents.ts'
import { creates, document, type Json, patient, transaction } from './support/contents.ts'
import { own } from './support/merging.ts'
import { idOf, newIns, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)

t.test('a deposit that contains a Patient with an INS and a provisional identity is refused', async t => {
  const record = await stage.open()
  const extension = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: 'PROV' } }] }]
  const info = (extra: Json): Json => ({
    contained: [{ ...patient(record.ins, { id: 'p' }), ...extra }],
    context: { sourcePatientInfo: { reference: '#p' } },
  })
  t.equal((await stage.post(hospital, document(record, { ...own, ...info({}) }))).status, 201)
  t.equal(
    refusalOf(await stage.post(hospital, document(record, { ...own, ...info({ extension }) }))),
    '422 refusedByRule DocumentReference.contained[0].extension',
  )
})

t.test('an INS with a wrong control key opens no record', async t => {
  const ins = newIns()
  const wrong = `${ins.slice(0, 13)}${String((Number(ins.slice(13)) % 97) + 1).padStart(2, '0')}`
  const made = await stage.post(
    hospital,
    transaction(creates(patient(wrong)), creates(consent({ id: '0123456789ab' }))),
  )
  t.equal(made.status, 422)
})

for (const [sentence, status, expected] of [
  ['a qualified identity opens a record', 'VALI', 201],
  ['a provisional identity with an INS opens none', 'PROV', 422],
  ['a fictive identity with an INS opens none', 'FICT', 422],
] as const)
  t.test(sentence, async t => {
    const ins = newIns()
    const extension = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: status } }] }]
    const given = { agreed: true, notice: 'urn:n', collected: '2026-03-01', method: 'oral' }
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'patient', resource: patient(ins, { extension }) },
        ...Object.entries(given).map(([name, value]) =>
          typeof value === 'boolean' ? { name, valueBoolean: value } : { name, valueString: value },
        ),
      ],
    }
    const answer = await stage.send(hospital, 'POST Patient/$open', { body })
    t.equal(answer.status, expected, answer.bytes.toString())
    if (expected === 201) {
      const id = idOf(answer.headers.get('location'))
      const doubtful = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: 'DOUT' } }] }]
      const worse = await stage.put(hospital, patient(ins, { id, extension: doubtful }))
      t.equal(refusalOf(worse), '422 refusedByRule Patient.extension', 'a qualified identity does not become doubtful')
    } else t.match(refusalOf(answer), /^422 refusedByRule Parameters\.parameter\[0\]\.resource\.extension$/)
  })
