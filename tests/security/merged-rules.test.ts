/** What the rules of a record that was merged into another still say. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { denialElsewhere } from '../../security/denial-elsewhere.ts'
import { denies, isKeyOf, rulesAfterMerge } from '../../security/merged-rules.ts'
import { readConsent } from '../../security/read-consent.ts'
import { marie } from './decide-support.ts'
import { byRpps, consent, ofPatient, otherRpps } from './record-support.ts'

const source = '0123456789ab'
const at = 1_000
const merged = [{ patient: source, at }]

const act = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code })
const whom = (code = 'IRCP') => ({
  actor: [
    {
      role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code }] },
      reference: byRpps(otherRpps),
    },
  ],
})
const own: Resource = { resourceType: 'Patient', id: marie }

/** The facts of Marie's record beside a rule that the source brought, or that was written since. */
function factsWith(resource: Resource, { _id = `${source}-x`, updated = at } = {}) {
  const rules = [
    { _id: marie, resource: own, updated: 1 },
    { _id, resource, updated },
  ]
  return compileFacts({ patient: marie, resources: rulesAfterMerge(rules, merged), depositors: [] })
}

const permit = consent({ type: 'permit', ...whom() })
const block = consent({ type: 'deny', ...whom() })
const team: Resource = {
  resourceType: 'CareTeam',
  status: 'active',
  subject: ofPatient,
  participant: [{ member: byRpps() }],
}
const parent: Resource = {
  resourceType: 'RelatedPerson',
  patient: ofPatient,
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'MTH' }] }],
  identifier: [{ system: 'urn:issuer', value: 'mother' }],
}

t.test('a permit of the source holds no more, and one that was written since does', async t => {
  t.same(factsWith(permit).authorised, [])
  t.equal(factsWith(permit, { updated: at + 1 }).authorised.length, 1)
  t.equal(factsWith(permit, { _id: `${marie}-x` }).authorised.length, 1)
})

t.test('a block of the source holds', async t => t.equal(factsWith(block).blocked.length, 1))

t.test('care teams and representatives of the source are none', async t => {
  t.same(factsWith(team).careTeam, [])
  t.same(factsWith(parent).representatives, [])
  t.equal(factsWith(parent, { _id: `${marie}-x` }).representatives.length, 1)
})

t.test('an opposition to an emergency holds, and a permit for masked documents does not', async t => {
  t.equal(factsWith(consent({ type: 'deny', purpose: [act('BTG')] })).emergency.breakGlass, false)
  const seen = consent({
    ...{ type: 'permit', purpose: [act('BTG'), act('ETREAT')] },
    securityLabel: [
      {
        system: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument',
        code: 'MASQUE_PS',
      },
    ],
  })
  t.equal(factsWith(seen).emergency.masked, false)
  t.equal(factsWith(seen, { _id: `${marie}-x` }).emergency.masked, true)
})

t.test('a mask of a document holds, and so does one within an agreement to the whole', async t => {
  const data = [{ meaning: 'instance', reference: { reference: `DocumentReference/${source}-d` } }]
  t.same(factsWith(consent({ type: 'deny', data })).maskedRows, [`${source}-d`])
  const agreement = consent({ type: 'permit', purpose: [act('TREAT')], provision: [{ type: 'deny', data }] })
  t.ok(denies(agreement))
  const { maskedRows, parts = [] } = factsWith(agreement)
  t.ok(maskedRows.length + parts.length > 0)
})

t.test('an exception that permits within a denial is gone: the denial is as wide as it can be', async t => {
  const type = { system: 'http://loinc.org', code: '34112-3' }
  const nested = consent({
    ...{ type: 'deny', ...whom(), code: [{ coding: [type] }] },
    provision: [{ type: 'permit', purpose: [act('ETREAT')] }],
  })
  t.same(
    factsWith(nested).parts?.flatMap(({ except }) => except),
    [],
  )
})

t.test('what says nothing against anybody is copied nowhere', async t => {
  t.same([permit, block, team, consent(undefined)].map(denies), [false, true, false, false])
})

t.test('a key names the record itself, and what was merged into it', async t => {
  const facts = { patient: marie, merged }
  t.same(
    [marie, source, '0123456789ac', null].map(key => isKeyOf(facts, key)),
    [true, true, false, false],
  )
})

const about = (...ids: readonly string[]) => ({
  data: ids.map(id => ({ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } })),
})
const isGone = (part: unknown) => JSON.stringify(part)?.includes('/gone') === true
const gone = { reference: 'DocumentReference/gone-1' }
const extension = [{ url: 'urn:x', valueReference: gone }]
for (const [sentence, provision, expected] of [
  ['what it says of nothing in particular stays', { type: 'deny', ...whom() }, { type: 'deny', ...whom() }],
  [
    'data that are not there are left out',
    { type: 'deny', ...about('gone-1', 'here') },
    { type: 'deny', ...about('here') },
  ],
  ['what was about these alone does not become about everything', { type: 'deny', ...about('gone-1') }, undefined],
  [
    'an exception about these alone does not become one for everything',
    { type: 'deny', ...whom(), provision: [{ type: 'permit', ...about('gone-1') }] },
    { type: 'deny', ...whom() },
  ],
  [
    'a permit of which no denial is left says nothing',
    { type: 'permit', provision: [{ type: 'deny', ...about('gone-1') }] },
    undefined,
  ],
] as const)
  t.test(`of a denial that is copied ${sentence}`, async t => {
    t.same(denialElsewhere(consent(provision), isGone)?.provision, expected)
  })

const [actor] = whom().actor
for (const [sentence, elements, provision, expected, expectedProvision] of [
  [
    'what it was made of is left out',
    {
      sourceReference: gone,
      performer: [gone, { display: 'her' }],
      text: { status: 'generated', div: '<div>/gone</div>' },
      extension,
    },
    { type: 'deny', ...whom() },
    { performer: [{ display: 'her' }] },
    { type: 'deny', ...whom() },
  ],
  [
    'who is kept out stays whom it was',
    { contained: [{ resourceType: 'Practitioner', id: 'p', identifier: [byRpps(otherRpps).identifier], extension }] },
    { type: 'deny', actor: [{ ...actor, reference: { reference: '#p', extension } }] },
    { contained: [{ resourceType: 'Practitioner', id: 'p', identifier: [byRpps(otherRpps).identifier] }] },
    { type: 'deny', actor: [{ ...actor, reference: { reference: '#p' } }] },
  ],
  [
    'who is named by what stays, and by a number, is kept out by the number',
    {},
    { type: 'deny', actor: [{ ...actor, reference: { ...gone, ...byRpps(otherRpps) } }] },
    {},
    { type: 'deny', ...whom() },
  ],
  [
    'a document that is there is masked, whatever is said beside it',
    {},
    { type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'DocumentReference/here', extension } }] },
    {},
    { type: 'deny', ...about('here') },
  ],
  [
    'scope and category are never lost',
    {
      scope: { ...(consent(undefined).scope as object), text: 'as /gone says' },
      category: [{ ...(consent(undefined).category as readonly object[])[0], extension }],
    },
    { type: 'deny', ...whom() },
    {},
    { type: 'deny', ...whom() },
  ],
] as const)
  t.test(`of a denial that is copied ${sentence}`, async t => {
    const copy = denialElsewhere({ ...consent(provision), ...elements }, isGone)
    t.same(copy, { ...consent(expectedProvision), ...expected })
    t.notOk(isGone(copy))
    t.equal(readConsent(copy ?? { resourceType: 'Consent' }).ok, true, 'and it is understood')
  })
