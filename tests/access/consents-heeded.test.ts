/** What a Consent or a care team may not say, because nothing here would heed it: it is refused by the name of the element. `access.md` section 4. */
import t from 'tap'
import { finess, hospital, patientOf, rpps } from './support/cast.ts'
import {
  authorises,
  careTeam,
  consent,
  emergency,
  maskedInEmergency,
  masksDocument,
  masksPeriod,
  masksTypes,
  pauses,
  treats,
} from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, loinc } from './support/contents.ts'
import { refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.hospital))])
const owner = patientOf(record)
const foreign = await stage.open()
const foreignId = await stage.createOne(hospital, document(foreign, { author }))
const draft: Json = { status: 'draft' }

const permit = authorises('99700019999')
const actors = permit.actor as readonly Json[]
const actor = actors[0] ?? {}

/** What a Consent may not say, because nothing here would heed it: the element is named. */
const strange: readonly (readonly [what: string, element: string, Json])[] = [
  [
    'a modifier extension',
    'Consent.modifierExtension',
    consent(record, permit, { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }),
  ],
  ['implicit rules', 'Consent.implicitRules', consent(record, permit, { implicitRules: 'urn:x' })],
  ['a rule by code', 'Consent.policyRule', consent(record, permit, { policyRule: { text: 'x' } })],
  [
    'another scope',
    'Consent.scope',
    consent(record, permit, { scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'research') }),
  ],
  [
    'two scopes',
    'Consent.scope',
    consent(record, permit, {
      scope: {
        coding: [
          ...['patient-privacy', 'research'].map(code => ({
            system: 'http://terminology.hl7.org/CodeSystem/consentscope',
            code,
          })),
        ],
      },
    }),
  ],
  ['another category', 'Consent.category', consent(record, permit, { category: [coded(loinc, '59283-2')] })],
  ['an opening without the notice', 'Consent.policy', consent(record, undefined, { policy: [{ authority: 'urn:x' }] })],
  ['no effect', 'Consent.provision.type', consent(record, { actor: actors })],
  ['an exception within', 'Consent.provision.provision', consent(record, { ...permit, provision: [{ type: 'deny' }] })],
  ['an action', 'Consent.provision.action', consent(record, { ...permit, action: [{ text: 'x' }] })],
  ['a class', 'Consent.provision.class', consent(record, { ...permit, class: [{ code: 'DocumentReference' }] })],
  [
    'an extension of the provision',
    'Consent.provision.extension',
    consent(record, { ...permit, extension: [{ url: 'urn:x', valueBoolean: true }] }),
  ],
  [
    'a modifier extension of the provision',
    'Consent.provision.modifierExtension',
    consent(record, { ...permit, modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }),
  ],
  [
    'a label beside an actor',
    'Consent.provision.securityLabel',
    consent(record, { ...permit, securityLabel: [{ code: 'x' }] }),
  ],
  ['two actors', 'Consent.provision.actor', consent(record, { ...permit, actor: [actor, actor] })],
  [
    'an extension of an actor',
    'Consent.provision.actor.extension',
    consent(record, { ...permit, actor: [{ ...actor, extension: [{ url: 'urn:x', valueBoolean: true }] }] }),
  ],
  [
    'another role',
    'Consent.provision.actor.role',
    consent(record, { ...permit, actor: [{ ...actor, role: coded('urn:x', 'IRCP') }] }),
  ],
  [
    'an actor without a number',
    'Consent.provision.actor.reference',
    consent(record, { ...permit, actor: [{ ...actor, reference: { display: 'x' } }] }),
  ],
  [
    'an actor of another numbering',
    'Consent.provision.actor.reference',
    consent(record, {
      ...permit,
      actor: [{ ...actor, reference: { identifier: { system: 'urn:x', value: rpps.gp } } }],
    }),
  ],
  [
    'a structure as médecin traitant',
    'Consent.provision.actor.reference',
    consent(record, {
      ...treats(rpps.gp),
      actor: [{ ...((treats(rpps.gp).actor as Json[])[0] ?? {}), reference: byFiness(finess.practice) }],
    }),
  ],
  ['a médecin traitant who is denied', 'Consent.provision.type', consent(record, { ...treats(rpps.gp), type: 'deny' })],
  [
    'a mask that permits',
    'Consent.provision.type',
    consent(record, { ...masksTypes(coded(loinc, '34112-3')), type: 'permit' }),
  ],
  ['an unknown type', 'Consent.provision.code', consent(record, masksTypes(coded(loinc, '99999-9')))],
  ['a type of another system', 'Consent.provision.code', consent(record, masksTypes(coded('urn:x', '34112-3')))],
  ['a type in words', 'Consent.provision.code', consent(record, masksTypes({ text: 'x' }))],
  [
    'what a document of another record refers to',
    'Consent.provision.data.reference',
    consent(record, {
      type: 'deny',
      data: [{ meaning: 'related', reference: { reference: `DocumentReference/${foreignId}` } }],
    }),
  ],
  [
    'a document of another record',
    'Consent.provision.data.reference',
    consent(record, masksDocument(`DocumentReference/${foreignId}`)),
  ],
  [
    'the patient as a document',
    'Consent.provision.data.reference',
    consent(record, masksDocument(`Patient/${record.id}`)),
  ],
  [
    'a Consent as a document',
    'Consent.provision.data.reference',
    consent(record, masksDocument(`Consent/${record.id}-01m8059acqpq9fa9mh94z4zpqt`)),
  ],
  [
    'a document by number',
    'Consent.provision.data.reference',
    consent(record, {
      type: 'deny',
      data: [{ meaning: 'instance', reference: { identifier: { system: 'urn:x', value: '1' } } }],
    }),
  ],
  ['another purpose', 'Consent.provision.purpose', consent(record, emergency('deny', 'HPAYMT'))],
  [
    'masked documents in one emergency only',
    'Consent.provision.purpose',
    consent(record, { ...maskedInEmergency('permit'), ...emergency('permit', 'BTG') }),
  ],
  [
    'another label in an emergency',
    'Consent.provision.securityLabel',
    consent(record, { ...emergency('permit', 'BTG', 'ETREAT'), securityLabel: [{ system: 'urn:x', code: 'R' }] }),
  ],
  [
    'a period that ends before it begins',
    'Consent.provision.period',
    consent(record, { ...permit, period: { start: '2026-02-01', end: '2026-01-01' } }),
  ],
  [
    'a masked period that ends before it begins',
    'Consent.provision.dataPeriod',
    consent(record, masksPeriod('2026-02-01', '2026-01-01')),
  ],
  ['a pause that permits', 'Consent.provision.type', consent(record, { ...pauses(), type: 'permit' })],
]

for (const [what, element, body] of strange) {
  t.test(`a Consent with ${what} is refused by the name ${element}`, async t => {
    t.equal(refusalOf(await stage.post(owner, body)), `422 refusedByRule ${element}`)
    t.equal(refusalOf(await stage.post(owner, { ...body, ...draft })), `422 refusedByRule ${element}`, 'a draft too')
  })
}

for (const [what, element, body] of [
  ['a member without a number', 'CareTeam.participant.member', careTeam(record, [{ display: 'x' }])],
  [
    'a member by the directory alone',
    'CareTeam.participant.member',
    careTeam(record, [{ reference: 'Practitioner/x' }]),
  ],
  [
    'a modifier extension',
    'CareTeam.modifierExtension',
    careTeam(record, [byRpps(rpps.gp)], { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }),
  ],
] as const) {
  t.test(`a care team with ${what} is refused by the name ${element}`, async t => {
    t.equal(refusalOf(await stage.post(owner, body)), `422 refusedByRule ${element}`)
  })
}
