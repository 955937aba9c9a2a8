/** What may change the meaning of a rule is refused by its name, at whatever depth it stands. `access.md` section 4 */
import t from 'tap'
import { type Actor, colleague, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, careTeam, consent, parent, verified } from './support/consents.ts'
import { byFiness, byRpps, document, type Json } from './support/contents.ts'
import { refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const record = await stage.open()
const owner = patientOf(record)
const path = `DocumentReference/${await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))}`
const not: Json = { modifierExtension: [{ url: 'https://hospital.example/not', valueBoolean: true }] }
const contained = { resourceType: 'Practitioner', id: 'who', identifier: [byRpps(rpps.gp).identifier], ...not }

const rows: readonly (readonly [string, Actor, Json, string])[] = [
  [
    'a member of a team',
    owner,
    careTeam(record, [], { participant: [{ member: byRpps(rpps.gp), ...not }] }),
    'CareTeam.participant',
  ],
  ['a team', owner, careTeam(record, [byRpps(rpps.gp)], not), 'CareTeam'],
  [
    'a person whom a team contains',
    owner,
    careTeam(record, [{ reference: '#who' }], { contained: [contained] }),
    'CareTeam.contained',
  ],
  [
    'a verification',
    colleague,
    consent(record, authorises(rpps.colleague), { verification: [{ verified: true, ...not }] }),
    'Consent.verification',
  ],
  [
    'a policy',
    owner,
    consent(record, authorises(rpps.gp), { policy: [{ uri: 'https://dossier.example/notice/1', ...not }] }),
    'Consent.policy',
  ],
  [
    'a parent',
    operator,
    parent(record, { communication: [{ language: { text: 'fr' }, ...not }] }),
    'RelatedPerson.communication',
  ],
]

for (const [what, actor, resource, element] of rows)
  t.test(`${what} with a modifier extension`, async t => {
    t.equal(refusalOf(await stage.post(actor, resource)), `422 refusedByRule ${element}.modifierExtension`)
    for (const reader of [gp, colleague]) t.equal((await stage.get(reader, path)).status, 404)
  })

t.test('without one they are heeded', async t => {
  t.equal((await stage.post(owner, careTeam(record, [byRpps(rpps.gp)]))).status, 201)
  t.equal((await stage.post(colleague, consent(record, authorises(rpps.colleague), verified))).status, 201)
  for (const reader of [gp, colleague]) t.equal((await stage.get(reader, path)).status, 200)
})
