/** Consents: the shapes that a record knows, and the refusal of every other by name. `access.md` section 4. */
import fc from 'fast-check'
import t from 'tap'
import { readConsent } from '../../security/read-consent.ts'
import { finess, rpps } from './decide-support.ts'
import {
  author,
  byFiness,
  byRpps,
  consent,
  identified,
  label,
  loinc,
  otherRpps,
  purpose,
  recipient,
  told,
  treating,
} from './record-support.ts'

const open = { from: null, before: null }
const first = Date.UTC(2025, 11, 31, 23)
const days = { start: '2026-01-01', end: '2026-01-31' }
const january = { from: first, before: Date.UTC(2026, 0, 31, 23) }
const instance = (reference: string) => [{ meaning: 'instance', reference: { reference } }]

for (const [sentence, provision, rule] of [
  ['a Consent without a provision opens the record', undefined, { kind: 'opened', effect: 'permit' }],
  ['a bare permit opens the record', { type: 'permit' }, { kind: 'opened', effect: 'permit' }],
  ['a bare denial refuses the record', { type: 'deny' }, { kind: 'opened', effect: 'deny' }],
  [
    'a permit for an information recipient by RPPS authorises a professional',
    { type: 'permit', actor: [recipient(byRpps())] },
    { kind: 'authorise', grant: { actor: `rpps:${rpps}`, ...open } },
  ],
  [
    'a permit by FINESS authorises a structure',
    { type: 'permit', actor: [recipient(byFiness())] },
    { kind: 'authorise', grant: { actor: `finess:${finess}`, ...open } },
  ],
  [
    'IdNat_PS with prefix 8 is an RPPS',
    { type: 'permit', actor: [recipient(identified('urn:oid:1.2.250.1.71.4.2.1', `8${otherRpps}`))] },
    { kind: 'authorise', grant: { actor: `rpps:${otherRpps}`, ...open } },
  ],
  [
    'IdNat_Struct with prefix 1 is a FINESS',
    { type: 'permit', actor: [recipient(identified('urn:oid:1.2.250.1.71.4.2.2', `1${finess}`))] },
    { kind: 'authorise', grant: { actor: `finess:${finess}`, ...open } },
  ],
  [
    'an authorisation holds from midnight in Paris to the end of its last day',
    { type: 'permit', actor: [recipient(byRpps())], period: days },
    { kind: 'authorise', grant: { actor: `rpps:${rpps}`, ...january } },
  ],
  [
    'a denial for an information recipient blocks',
    { type: 'deny', actor: [recipient(byRpps())] },
    { kind: 'block', grant: { actor: `rpps:${rpps}`, ...open } },
  ],
  [
    'a permit for a primary care physician makes a médecin traitant',
    { type: 'permit', actor: [treating(byRpps())] },
    { kind: 'treating', grant: { actor: `rpps:${rpps}`, ...open } },
  ],
  [
    'a denial for an author masks what he wrote',
    { type: 'deny', actor: [author(byRpps())] },
    { kind: 'mask', mask: { rule: { by: 'author', actor: `rpps:${rpps}` }, ...open } },
  ],
  [
    'a denial with data masks one document',
    { type: 'deny', data: instance('DocumentReference/some-id') },
    { kind: 'mask-document', document: 'DocumentReference/some-id' },
  ],
  [
    'a denial with codes masks types of document',
    { type: 'deny', code: [{ coding: [{ system: loinc, code: '11502-2' }] }], period: days },
    { kind: 'mask', mask: { rule: { by: 'type', documentTypes: ['11502-2'] }, ...january } },
  ],
  [
    'a denial with a data period masks the documents of that time',
    { type: 'deny', dataPeriod: { start: '2026-01', end: '2026-01' } },
    { kind: 'mask', mask: { rule: { by: 'period', ...january }, ...open } },
  ],
  [
    'a denial with a period alone masks the record while it lasts',
    { type: 'deny', period: days },
    { kind: 'mask', mask: { rule: { by: 'period', ...open }, ...january } },
  ],
  [
    'a denial for BTG opposes breaking the glass',
    { type: 'deny', purpose: purpose('BTG') },
    { kind: 'emergency', effect: 'deny', purposes: ['BTG'], masked: false },
  ],
  [
    'a permit for both purposes allows both emergencies',
    { type: 'permit', purpose: purpose('BTG', 'ETREAT') },
    { kind: 'emergency', effect: 'permit', purposes: ['BTG', 'ETREAT'], masked: false },
  ],
  [
    'a purpose with MASQUE_PS is about masked documents in an emergency',
    { type: 'permit', purpose: purpose('BTG', 'ETREAT'), securityLabel: [label('MASQUE_PS')] },
    { kind: 'emergency', effect: 'permit', purposes: ['BTG', 'ETREAT'], masked: true },
  ],
] as const)
  t.test(sentence, async t => {
    const read = readConsent(consent(provision))
    t.same(read, { ok: true, value: rule })
  })

const coded = (...codes: readonly string[]) => [{ coding: codes.map(code => ({ system: loinc, code })) }]
const both = [...purpose('BTG', 'ETREAT')]

for (const [sentence, provision, expression] of [
  ['a nested provision', { type: 'permit', provision: [{ type: 'deny' }] }, 'provision.provision'],
  ['an action', { type: 'permit', action: [{ text: 'access' }] }, 'provision.action'],
  ['a class', { type: 'deny', class: [{ code: 'x' }] }, 'provision.class'],
  ['an extension of the provision', { type: 'deny', extension: [{ url: 'urn:x' }] }, 'provision.extension'],
  ['a provision without a type', { actor: [recipient(byRpps())] }, 'provision.type'],
  ['a provision that is neither', { type: 'perhaps' }, 'provision.type'],
  ['two shapes: an emergency with a period', { type: 'deny', purpose: both, period: days }, 'provision.period'],
  ['a label that is none of visibility', { type: 'deny', securityLabel: [{ code: 'R' }] }, 'provision.securityLabel'],
  ['a period that allows', { type: 'permit', period: days }, 'provision.type'],
  ['a mask that permits', { type: 'permit', code: coded('11502-2') }, 'provision.type'],
  ['two actors', { type: 'permit', actor: [recipient(byRpps()), recipient(byRpps(otherRpps))] }, 'provision.actor'],
  [
    'an unknown role',
    { type: 'permit', actor: [{ ...recipient(byRpps()), role: { coding: [{ code: 'CST' }] } }] },
    'provision.actor.role',
  ],
  [
    'a role of no system',
    { type: 'permit', actor: [{ ...recipient(byRpps()), role: { coding: [{ code: 'IRCP' }] } }] },
    'provision.actor.role',
  ],
  [
    'an actor with an extension',
    { type: 'permit', actor: [{ ...recipient(byRpps()), extension: [] }] },
    'provision.actor.extension',
  ],
  [
    'an actor by literal reference',
    { type: 'permit', actor: [recipient({ reference: 'Practitioner/1' })] },
    'provision.actor.reference',
  ],
  [
    'an actor by an unknown identifier',
    { type: 'permit', actor: [recipient(identified('urn:x', '1'))] },
    'provision.actor.reference',
  ],
  ['an RPPS of ten digits', { type: 'permit', actor: [recipient(byRpps('1000000000'))] }, 'provision.actor.reference'],
  ['a structure as médecin traitant', { type: 'permit', actor: [treating(byFiness())] }, 'provision.actor.reference'],
  ['a médecin traitant that is denied', { type: 'deny', actor: [treating(byRpps())] }, 'provision.type'],
  ['an author that is permitted', { type: 'permit', actor: [author(byRpps())] }, 'provision.type'],
  [
    'data of a meaning that nobody knows',
    { type: 'deny', data: [{ meaning: 'similar', reference: { reference: 'List/a' } }] },
    'provision.data.meaning',
  ],
  ['a mask on a Consent', { type: 'deny', data: instance('Consent/a') }, 'provision.data.reference'],
  [
    'a mask on what is elsewhere',
    { type: 'deny', data: instance('https://elsewhere.test/List/a') },
    'provision.data.reference',
  ],
  ['a type with two codings', { type: 'deny', code: coded('11502-2', '34112-3') }, 'provision.code'],
  ['a purpose that no token has', { type: 'deny', purpose: purpose('HPAYMT') }, 'provision.purpose'],
  ['a purpose of no system', { type: 'deny', purpose: [{ code: 'BTG' }] }, 'provision.purpose'],
  [
    'another label in an emergency',
    { type: 'permit', purpose: both, securityLabel: [label('INVISIBLE_PATIENT')] },
    'provision.securityLabel',
  ],
  [
    'masked documents in one emergency only',
    { type: 'permit', purpose: purpose('BTG'), securityLabel: [label('MASQUE_PS')] },
    'provision.purpose',
  ],
  [
    'a period that ends before it begins',
    { type: 'deny', period: { start: '2026-02', end: '2026-01' } },
    'provision.period',
  ],
  ['a day that no calendar has', { type: 'deny', period: { start: '2026-02-30' } }, 'provision.period'],
  [
    'a data period with an extension',
    { type: 'deny', dataPeriod: { start: '2026', extension: [] } },
    'provision.dataPeriod',
  ],
] as const)
  t.test(`${sentence} is refused by name`, async t => {
    t.equal(told(readConsent(consent(provision))), `refusedByRule Consent.${expression}`)
  })

for (const [sentence, elements, expression] of [
  [
    'another scope',
    { scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'research' }] } },
    'scope',
  ],
  ['another category', { category: [{ coding: [{ system: loinc, code: '64292-6' }] }] }, 'category'],
  ['a policyRule', { policyRule: { text: 'opt in' } }, 'policyRule'],
  ['a modifier extension', { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }, 'modifierExtension'],
  ['implicit rules', { implicitRules: 'urn:x' }, 'implicitRules'],
  ['an opening without the version of the notice', { policy: [{ authority: 'urn:x' }] }, 'policy'],
] as const)
  t.test(`${sentence} is refused by name`, async t => {
    t.equal(told(readConsent(consent({ type: 'permit' }, elements))), `refusedByRule Consent.${expression}`)
  })

t.test('the actor may be a contained resource', async t => {
  const contained = [{ resourceType: 'Practitioner', id: 'p', identifier: [byRpps().identifier] }]
  const read = readConsent(consent({ type: 'deny', actor: [recipient({ reference: '#p' })] }, { contained }))
  t.match(read, { ok: true, value: { kind: 'block', grant: { actor: `rpps:${rpps}` } } })
})

const understood = new Set([
  ...['type', 'period', 'actor', 'securityLabel', 'purpose', 'code', 'class', 'dataPeriod', 'data', 'provision'],
])
const anyValue = fc.jsonValue().filter(value => value !== undefined)

t.test('an element of a provision that is not understood is always refused, whatever it holds', async t => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter(name => !understood.has(name) && name !== '__proto__'),
      anyValue,
      (name, value) => {
        const provision = { type: 'deny', ...Object.fromEntries([[name, value]]) }
        return told(readConsent(consent(provision))) === `refusedByRule Consent.provision.${name}`
      },
    ),
  )
  t.pass('no element was let through')
})

t.test('no content of a provision breaks the reader or widens what it says', async t => {
  const provisions = fc.dictionary(fc.constantFrom(...understood), anyValue)
  fc.assert(fc.property(provisions, provision => typeof readConsent(consent(provision)).ok === 'boolean'))
  t.pass('every provision was read or refused')
})
