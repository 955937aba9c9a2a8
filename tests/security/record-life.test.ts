/** What a closing ends for good, by what was written when. `docs/decisions/0032-the-record-s-life.md` */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { lifeAfter, rulesInForce } from '../../security/record-life.ts'

const written = (seconds: number, resource: Resource): Resource => ({
  ...resource,
  meta: { lastUpdated: new Date(seconds * 1000).toISOString() },
})
const consent = (provision: object): Resource => ({ resourceType: 'Consent', status: 'active', provision })
const permit = { type: 'permit', actor: [{}] }
const deny = { type: 'deny', actor: [{}] }
const never = { closed: null, lapsed: null, destroy: null }
const patient: Resource = { resourceType: 'Patient' }
const relative = (code: string): Resource => ({
  resourceType: 'RelatedPerson',
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }],
})

t.test('a record that never was closed has no such life', async t => {
  t.same(lifeAfter(undefined, { resources: [written(1, patient)], open: true }), never)
})

t.test('a closing lasts from the last rule that was written, whichever clock said when', async t => {
  const resources = [written(10, patient), written(12, consent(permit))]
  const closed = lifeAfter({ ...never, open: true }, { resources, open: false })
  t.match(closed, { closed: 12_000, lapsed: 12_000 })
  t.equal(new Date(closed.destroy ?? 0).getUTCFullYear(), 1980)
  const late = lifeAfter(
    { ...closed, open: false },
    { resources: [...resources, written(15, consent(permit))], open: false },
  )
  t.match(late, { closed: 12_000, lapsed: 15_000, destroy: closed.destroy }, 'what came meanwhile ends too')
  t.same(lifeAfter({ ...late, open: false }, { resources: [written(20, patient)], open: true }), {
    ...never,
    lapsed: 15_000,
  })
})

t.test('a request makes the destruction sooner, never later', async t => {
  const at = { resources: [written(1, patient)], open: false }
  const asked = lifeAfter(undefined, at, 5000)
  t.equal(asked.destroy, 5000)
  t.equal(lifeAfter({ ...asked, open: false }, at, 9000).destroy, 5000)
})

for (const [what, resource, left] of [
  ['a permit', consent(permit), 0],
  ['a block', consent(deny), 1],
  ['an agreement to the record', { resourceType: 'Consent', status: 'active' }, 1],
  ['a choice for emergencies', consent({ type: 'permit', purpose: [{}] }), 1],
  ['a care team', { resourceType: 'CareTeam' }, 0],
  ['a relative', relative('FRND'), 0],
  ['a parent', relative('MTH'), 1],
] as const)
  t.test(`${what} that was written before the closing ${left === 1 ? 'holds' : 'does not hold'}`, async t => {
    const rule = (seconds: number) => [{ _id: 'a', resource: written(seconds, resource) }]
    t.equal(rulesInForce(rule(5), { lapsed: 5000 }).length, left)
    t.equal(rulesInForce(rule(6), { lapsed: 5000 }).length, 1, 'one that was written after it does')
    t.equal(rulesInForce(rule(5), { lapsed: null }).length, 1)
  })

t.test('a permit within a denial ends, and the denial stays', async t => {
  const resource = written(1, consent({ ...deny, provision: [permit, { ...deny, provision: [permit] }] }))
  const [kept] = rulesInForce([{ _id: 'a', resource }], { lapsed: 1000 })
  t.same(kept?.resource.provision, { ...deny, provision: [deny] })
})
