/** Whom a patient gives the rights of a médecin traitant, short tokens of emergencies, and what is shown for good. `access.md` sections 1, 2, 4 and 5. */
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { shownKey } from '../../search/key.ts'
import { accessStatus } from '../../security/access-status.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { readConsent } from '../../security/read-consent.ts'
import { trailView } from '../../security/trail-view.ts'
import { verifyToken } from '../../security/verify-token.ts'
import { facts, marie, me, now, ofRecord, past, professional, professionSystem, structure } from './decide-support.ts'
import {
  byFiness,
  byRpps,
  consent,
  create,
  document,
  judge,
  label,
  otherRpps,
  patient,
  recipient,
  rowId,
  stored,
  told,
  update,
  verified,
} from './record-support.ts'

const roleCode = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
const delegated = (reference: object) => ({ role: { coding: [{ system: roleCode, code: 'DELEGATEE' }] }, reference })
const administers = (reference: object = byRpps()) => consent({ type: 'permit', actor: [delegated(reference)] })
const gp = professional()

t.test('a permit for a delegatee gives the rights of a médecin traitant', async t => {
  t.same(readConsent(administers()), { ok: true, value: { kind: 'administrator', grant: me } })
  const resources = [patient(), administers()].map((resource, at) => ({ _id: `${at}`, resource }))
  t.same(compileFacts({ patient: marie, resources, depositors: [] }).administrators, [me])
})

for (const [who, principal, expected] of [
  ['the patient', ofRecord('patient'), /^ok/],
  ['the professional himself', gp, /^accessDenied/],
  ['a médecin traitant', professional({ rpps: otherRpps }), /^accessDenied/],
  ['a structure', structure, /^accessDenied/],
] as const)
  t.test(`an administrator is written by ${who}: ${expected.source.slice(1)}`, async t => {
    const known = facts({ treating: [{ ...me, actor: `rpps:${otherRpps}` }] })
    t.match(told(judge(principal, [create({ ...administers(), ...verified })], { known })), expected)
  })

t.test('a structure is no administrator', async t =>
  t.equal(told(readConsent(administers(byFiness()))), 'refusedByRule Consent.provision.actor.reference'),
)

t.test('an administrator sees the whole trail and blocks others, while he is one', async t => {
  const known = facts({ administrators: [me] })
  const block = create(consent({ type: 'deny', actor: [recipient(byRpps(otherRpps))] }))
  t.match(trailView(gp, known, now), { ownAgent: null })
  t.equal(told(judge(gp, [block], { known })), 'ok')
  t.equal(accessStatus(gp, known, now), 'valid')
  const team = create({ resourceType: 'CareTeam', status: 'active', participant: [{ member: byRpps(otherRpps) }] })
  t.equal(told(judge(gp, [team], { known })), 'ok', 'and names a team')
  const former = facts({ administrators: [past(me)] })
  t.match(trailView(gp, former, now), { ownAgent: me.actor })
  t.match(told(judge(gp, [block], { known: former })), /^accessDenied/)
  t.equal(accessStatus(gp, former, now), 'expired')
})

const pair = await generateKeyPair('ES256')
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256' }] })
const provider = { issuer: 'https://issuer.test', audience: 'urn:test', keys, demandsDmp: true }
const seconds = Math.floor(now / 1000)

/** What becomes of a token of a mode that was issued `ago` seconds ago and says that it lasts two hours more. */
async function believed(mode: string, ago: number | undefined, differences: object = {}) {
  const token = await new SignJWT({
    ...{ iss: provider.issuer, aud: provider.audience, sub: 'gp', exp: seconds + 7200, scope: 'user/*.rs' },
    ...(ago === undefined ? {} : { iat: seconds - ago }),
    dmp: {
      kind: 'professional',
      rpps: '10000000001',
      mode,
      reason: 'x',
      profession: { system: professionSystem, code: '10' },
    },
  })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(pair.privateKey)
  const verdict = await verifyToken(token, [{ ...provider, ...differences }], new Date(seconds * 1000))
  return verdict.ok ? verdict.value.expires / 1000 - seconds : verdict.failure.kind
}

for (const mode of ['bris_de_glace', 'centre_15'])
  t.test(`a token of the mode ${mode} ends an hour after its issue`, async t => {
    t.equal(await believed(mode, 0), 3600)
    t.equal(await believed(mode, 3000), 600)
    t.equal(await believed(mode, 3700), 'unauthenticated')
    t.equal(await believed(mode, undefined), 'unauthenticated', 'one that does not say when it was issued')
    t.equal(await believed(mode, 60, { emergencySeconds: 300 }), 240, 'by a setting')
  })

t.test('an ordinary token ends when it says', async t => {
  t.equal(await believed('normal', 3700), 7200)
  t.equal(await believed('normal', undefined), 7200)
})

const hiding = { securityLabel: [{ coding: [label('INVISIBLE_REPRESENTANTS_LEGAUX')] }] }
const was = (elements: object, keys: readonly string[], ownMask: number) =>
  stored(document(elements as Record<string, unknown>), { keys, ownMask, mask: ownMask }, rowId('shown'))

for (const [sentence, before, after, expected] of [
  ['what is hidden from representatives is shown to them', was(hiding, [], 4), {}, 'ok'],
  [
    'what was shown to them is not hidden again',
    was({}, [shownKey], 0),
    hiding,
    'refusedByRule entry[0].resource.securityLabel',
  ],
  ['what was never hidden from them may be', was({}, [], 0), hiding, 'ok'],
  ['what is hidden may stay so', was(hiding, [], 4), hiding, 'ok'],
] as const)
  t.test(sentence, async t => {
    const judged = judge(structure, [update(before, document(after))])
    t.equal(told(judged), expected)
  })

t.test('the row remembers that it was shown', async t => {
  const shown = judge(structure, [update(was(hiding, [], 4), document())])
  t.ok(shown.ok && shown.value[0]?.keys.includes(shownKey))
  const later = judge(structure, [update(was({}, [shownKey], 0), document())])
  t.ok(later.ok && later.value[0]?.keys.includes(shownKey), 'and goes on remembering')
  const never = judge(structure, [update(was({}, [], 0), document())])
  t.notOk(never.ok && never.value[0]?.keys.includes(shownKey))
})
