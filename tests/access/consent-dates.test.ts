/** Nobody agrees tomorrow: the dates of a Consent are not in the future. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import t from 'tap'
import { gp, hospital, patientOf, rpps, stranger } from './support/cast.ts'
import { authorises, blocks, consent } from './support/consents.ts'
import { creates, type Json, patient, transaction } from './support/contents.ts'
import { newIns, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const record = await stage.open()
const owner = patientOf(record)

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
const ofYear = (years: number): string => String(new Date().getFullYear() + years)
const verifiedAt = (...dates: readonly string[]): Json => ({
  verification: dates.map(verificationDate => ({ verified: true, verificationDate })),
})

const dates = 'Consent.dateTime'
const verifications = 'Consent.verification.verificationDate'

for (const [what, elements, element] of [
  ['a dateTime in an hour', () => ({ ...verifiedAt('2026-01-05'), dateTime: inMinutes(60) }), dates],
  ['a dateTime next year', () => ({ ...verifiedAt('2026-01-05'), dateTime: ofYear(1) }), dates],
  ['a verification in an hour', () => verifiedAt(inMinutes(60)), verifications],
  ['a second verification after next year', () => verifiedAt('2026-01-05', ofYear(2)), verifications],
] as const)
  t.test(`a Consent with ${what} is refused`, async t => {
    for (const [actor, provision] of [
      [stranger, authorises(rpps.stranger)],
      [owner, authorises(rpps.gp)],
      [owner, blocks(rpps.gp)],
      [hospital, undefined],
    ] as const) {
      const answer = await stage.post(actor, consent(record, provision, { status: 'draft', ...elements() }))
      t.equal(refusalOf(answer), `422 refusedByRule ${element}`)
    }
    const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    const opening = consent({ id: '' }, undefined, { ...elements(), patient: { reference: urn } })
    const answer = await stage.post(hospital, transaction(creates(patient(newIns()), urn), creates(opening)))
    t.equal(refusalOf(answer), `422 refusedByRule ${element.replace('Consent', 'Bundle.entry[1].resource')}`)
  })

t.test('a clock may be a little ahead, and a day or year that has begun is none of the future', async t => {
  for (const dateTime of [inMinutes(2), ofYear(0), inMinutes(0).slice(0, 10)]) {
    const body = consent(record, authorises(rpps.gp), { ...verifiedAt(dateTime), status: 'draft', dateTime })
    t.equal((await stage.post(gp, body)).status, 201, dateTime)
  }
})
