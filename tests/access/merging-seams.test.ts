/** Where merging meets conditional writes, parting meets consents about several documents, and identities are contained. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { reliabilityUrl } from '../../security/identity-quality.ts'
import { select } from '../support/pointer.ts'
import { colleague, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, careTeam, consent } from './support/consents.ts'
import { byFiness, byRpps, document, type Json, numbers, observation, patient } from './support/contents.ts'
import { mergingOn, own } from './support/merging.ts'
import { type DossierRecord, expectStatus, idsIn, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(300_000)
const stage = await startStage(t)
const merging = mergingOn(stage)
const merges = async (...pair: readonly [DossierRecord, DossierRecord]) =>
  expectStatus(await merging.merges(...pair), 200)
const parts = async (...pair: readonly [DossierRecord, DossierRecord]) =>
  expectStatus(await merging.parts(...pair), 200)

const data = (...ids: readonly string[]): Json => ({
  data: ids.map(id => ({ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } })),
})

t.test('a conditional create that names the former Patient finds what was deposited there', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const identifier = [{ system: numbers, value: 'merged-1' }]
  const result = observation(source, { performer: [byFiness(finess.hospital)], identifier })
  const again = (record: DossierRecord) =>
    stage.post(hospital, result, { 'if-none-exist': `identifier=${numbers}|merged-1&patient=${record.id}` })
  expectStatus(await again(source), 201)
  await merges(source, target)
  t.equal((await again(source)).status, 200, 'by the key of the former record')
  t.equal((await again(target)).status, 200, 'by the key of the one that goes on')
  const other = await stage.open()
  t.equal((await again(other)).status, 201, 'criteria about another patient match nothing of this one')
})

t.test('a consent that masks documents of both keeps masking each where it goes', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const brought = await stage.createOne(hospital, document(source, own))
  const open = await stage.createOne(hospital, document(source, own))
  const stays = await stage.createOne(hospital, document(target, own))
  const kept = await stage.createOne(hospital, document(target, own))
  await merges(source, target)
  const holder = patientOf(target)
  await stage.create(holder, consent(target, { type: 'deny', ...data(stays, brought) }))
  await stage.create(holder, consent(target, { type: 'deny', ...data(kept) }))
  await stage.create(holder, consent(target, authorises(rpps.colleague)))
  await parts(source, target)
  const owner = patientOf(source)
  await stage.create(owner, consent(source, authorises(rpps.gp)))
  const found = async (actor: typeof gp, { id }: DossierRecord) =>
    idsIn(await stage.get(actor, `DocumentReference?patient=${id}`), 'DocumentReference')
  t.same(await found(gp, source), [open], 'what was masked while the two were one is masked')
  t.same(await found(colleague, target), [])
  const consents = await stage.get(owner, `Consent?patient=${source.id}&_count=50`)
  const named = select(consents.json, '/entry/*/resource/provision/data/*/reference/reference')
  t.same(
    named,
    [`DocumentReference/${brought}`],
    'nothing of the other person is named, and nothing is denied without a name',
  )
  t.notOk(consents.bytes.toString().includes(target.id))
})

t.test('a consent, a team or a related person that contains an INS of a provisional identity is refused', async t => {
  const record = await stage.open()
  const holder = patientOf(record)
  const extension = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: 'PROV' } }] }]
  const contained = [{ ...patient(record.ins, { id: 'p' }), extension }]
  for (const resource of [
    consent(record, authorises(rpps.gp), { contained, performer: [{ reference: '#p' }] }),
    careTeam(record, [byRpps(rpps.gp)], {
      contained,
      extension: [{ url: 'urn:x', valueReference: { reference: '#p' } }],
    }),
  ])
    t.equal(
      refusalOf(await stage.post(holder, resource)),
      `422 refusedByRule ${resource.resourceType}.contained[0].extension`,
    )
})
