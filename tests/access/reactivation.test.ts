/** Who opens a closed record again in the name of its patient: who reads or deposits by his profession. `docs/decisions/0032-the-record-s-life.md` */
import t from 'tap'
import { gp, nurse, occupationalPhysician, patientOf, profession, professional, secretary } from './support/cast.ts'
import { insSystem, type Json, notice } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const parameters = (given: Readonly<Record<string, string | boolean>>): Json => ({
  resourceType: 'Parameters',
  parameter: Object.entries(given).map(([name, value]) => ({
    name,
    ...(typeof value === 'boolean' ? { valueBoolean: value } : { valueString: value }),
  })),
})
const reason = { body: parameters({ reason: 'FERMETURE_DEMANDE_PATIENT' }) }
const agreed = { body: parameters({ agreed: true, notice, collected: '2026-03-01', method: 'oral' }) }

for (const [who, actor, expected] of [
  ['an occupational physician, who has no way in', occupationalPhysician, 403],
  ['a profession that neither reads nor deposits', professional('99700050001', { profession: profession('32') }), 403],
  ['a professional without a profession', professional('99700050002', { profession: undefined }), 403],
  ['a general practitioner', gp, 200],
  ['a nurse', nurse, 200],
  ['a secretary, who opens records too', secretary, 200],
] as const)
  t.test(`${who}: ${expected}`, async t => {
    const record = await stage.open()
    const holder = patientOf(record)
    expectStatus(await stage.send(holder, `POST Patient/${record.id}/$close`, reason), 200)
    const absent = await stage.send(actor, 'POST Patient/0123456789ab/$reactivate', agreed)
    const answer = await stage.send(actor, `POST Patient/${record.id}/$reactivate`, agreed)
    t.equal(answer.status, expected, answer.bytes.toString().slice(0, 300))
    t.equal(absent.status, expected === 403 ? 403 : 422, 'the token alone refuses for every id')
    t.equal((await stage.get(holder, `Patient/${record.id}`)).status, expected === 200 ? 200 : 404)
    const found = await stage.get(gp, `Patient?identifier=${insSystem}|${record.ins}`)
    t.match(found.json, { entry: [{ resource: { active: expected === 200 } }] })
  })
