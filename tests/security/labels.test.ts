/** Labels of rows: document type, mask, authors. `access.md` sections 5 and 7. */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { namedAuthors } from '../../security/authors.ts'
import { documentTypeOf } from '../../security/document-type.ts'
import { hiddenUntil, masksApart, ownMask } from '../../security/mask.ts'
import { finess, policy, rpps } from './decide-support.ts'
import {
  byFiness,
  byRpps,
  document,
  identified,
  insSystem,
  label,
  loinc,
  otherRpps,
  told,
  typed,
  visibility,
} from './record-support.ts'

const a = (resourceType: string, elements: object = {}): Resource => ({ resourceType, ...elements })

const categories = 'http://terminology.hl7.org/CodeSystem/observation-category'
const sections = 'http://terminology.hl7.org/CodeSystem/v2-0074'
const inCategory = (...codings: readonly (readonly [string, string])[]) => ({
  category: [{ coding: codings.map(([system, code]) => ({ system, code })) }],
})

for (const [sentence, resource, expected] of [
  ['a document has its own type', document(), '34112-3'],
  [
    'a document may carry codings of other systems beside the one of the matrix',
    document({
      type: {
        coding: [
          { system: 'urn:local', code: 'CRH' },
          { system: loinc, code: '34112-3' },
        ],
      },
    }),
    '34112-3',
  ],
  ['an allergy is a medical summary', a('AllergyIntolerance'), '60591-5'],
  ['a condition is a medical summary', a('Condition'), '60591-5'],
  ['a medication statement is a prescription of health products', a('MedicationStatement'), '57833-6'],
  ['a medication request is a prescription of health products', a('MedicationRequest'), '57833-6'],
  ['a procedure is a report of a therapeutic act', a('Procedure'), '11505-5'],
  ['an immunization is a note of vaccination', a('Immunization'), '87273-9'],
  ['a laboratory result is a laboratory report', a('Observation', inCategory([categories, 'laboratory'])), '11502-2'],
  [
    'a report of the section LAB is a laboratory report',
    a('DiagnosticReport', inCategory([sections, 'LAB'])),
    '11502-2',
  ],
  ['a report of haematology is a laboratory report', a('DiagnosticReport', inCategory([sections, 'HM'])), '11502-2'],
  ['a report of radiology is an imaging report', a('DiagnosticReport', inCategory([sections, 'RAD'])), '18748-4'],
  ['an imaging result is an imaging report', a('Observation', inCategory([categories, 'imaging'])), '18748-4'],
  ['vital signs are a nursing record', a('Observation', inCategory([categories, 'vital-signs'])), '11506-3'],
  ['a report of genetics is other', a('DiagnosticReport', inCategory([sections, 'GE'])), 'other'],
  ['a result without a category is other', a('Observation'), 'other'],
  [
    'a result of two categories is other',
    a('Observation', inCategory([categories, 'laboratory'], [categories, 'vital-signs'])),
    'other',
  ],
  ['a category of no known system is other', a('Observation', inCategory(['urn:local', 'laboratory'])), 'other'],
  [
    'a laboratory request is a prescription of biology',
    a('ServiceRequest', inCategory(['http://snomed.info/sct', '108252007'])),
    'PRESC-BIO',
  ],
  [
    'an imaging request is a request of imaging',
    a('ServiceRequest', inCategory(['http://snomed.info/sct', '363679005'])),
    '55115-0',
  ],
  ['any other request is a prescription of care', a('ServiceRequest'), '57832-8'],
  ['a care plan is a personal plan of care', a('CarePlan'), '18776-5'],
  ['a Patient is the record', a('Patient'), 'record'],
  ['a RelatedPerson is the record', a('RelatedPerson'), 'record'],
  ['a CareTeam is the record', a('CareTeam'), 'record'],
  ['a Consent is consent', a('Consent'), 'consent'],
  ['any other type is other', a('Goal'), 'other'],
] as const)
  t.test(sentence, async t => {
    t.same(documentTypeOf(resource, policy), { ok: true, value: expected })
  })

for (const [sentence, elements] of [
  ['without a type', { type: undefined }],
  ['of a type outside the matrix', typed('18842-5')],
  ['of a code of the matrix in another system', typed('34112-3', 'urn:oid:2.16.840.1.113883.6.1')],
  ['of two types of the matrix', { type: { coding: ['34112-3', '11502-2'].map(code => ({ system: loinc, code })) } }],
] as const)
  t.test(`a document ${sentence} is refused`, async t => {
    t.equal(told(documentTypeOf(document(elements), policy)), 'refusedByRule DocumentReference.type')
  })

const normal = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }
const labelled = (...labels: readonly object[]) => document({ securityLabel: [{ coding: labels }] })

for (const [sentence, resource, mask] of [
  ['no label hides nothing', document(), 0],
  ['normal confidentiality hides nothing', labelled(normal), 0],
  ['MASQUE_PS is bit 1', labelled(normal, label('MASQUE_PS')), 1],
  ['INVISIBLE_PATIENT is bit 2', labelled(label('INVISIBLE_PATIENT')), 2],
  ['INVISIBLE_REPRESENTANTS_LEGAUX is bit 4', labelled(label('INVISIBLE_REPRESENTANTS_LEGAUX')), 4],
  ['labels add up', labelled(label('MASQUE_PS'), label('INVISIBLE_REPRESENTANTS_LEGAUX')), 5],
  ['the OID names the same system', labelled({ system: 'urn:oid:1.2.250.1.213.1.1.4.13', code: 'MASQUE_PS' }), 1],
  ['meta.security speaks for other resources', a('Observation', { meta: { security: [label('MASQUE_PS')] } }), 1],
  ['meta.security speaks for a document without labels', document({ meta: { security: [label('MASQUE_PS')] } }), 1],
  ['tags of other systems hide nothing', document({ meta: { security: [{ system: 'urn:x', code: 'HTEST' }] } }), 0],
] as const)
  t.test(sentence, async t => t.same(ownMask(resource), { ok: true, value: mask }))

for (const [sentence, resource, expression] of [
  ['an unknown label of the system', labelled(label('MASQUE_PSOCIAL')), 'DocumentReference.securityLabel'],
  [
    'a visibility label under another system',
    labelled({ system: 'urn:x', code: 'MASQUE_PS' }),
    'DocumentReference.securityLabel',
  ],
  ['a visibility label of no system', labelled({ code: 'INVISIBLE_PATIENT' }), 'DocumentReference.securityLabel'],
  [
    'a label in meta.security that securityLabel does not have',
    { ...labelled(normal), meta: { security: [label('MASQUE_PS')] } },
    'DocumentReference.meta.security',
  ],
  [
    'an unknown label on another resource',
    a('Observation', { meta: { security: [{ system: visibility, code: 'HIDDEN' }] } }),
    'Observation.meta.security',
  ],
] as const)
  t.test(`${sentence} is refused`, async t => {
    t.equal(told(ownMask(resource)), `refusedByRule ${expression}`)
  })

t.test('a document hidden from professionals and patient is refused where masks stand apart', async t => {
  const both = ownMask(labelled(label('MASQUE_PS'), label('INVISIBLE_PATIENT')))
  t.same(both, { ok: true, value: 3 })
  t.equal(told(masksApart(3, 'DocumentReference')), 'refusedByRule DocumentReference.securityLabel')
  t.equal(told(masksApart(7, 'Observation')), 'refusedByRule Observation.meta.security')
  for (const mask of [0, 1, 2, 4, 5, 6]) t.ok(masksApart(mask, 'DocumentReference').ok, `${mask}`)
})

for (const [sentence, deposited, shown] of [
  ['one calendar month, same time of day', '2026-01-15T10:30:00+01:00', '2026-02-15T10:30:00+01:00'],
  ['a short month gives its last day', '2026-01-31T10:30:00+01:00', '2026-02-28T10:30:00+01:00'],
  ['a leap year has one more', '2028-01-31T23:59:59.999+01:00', '2028-02-29T23:59:59.999+01:00'],
  ['the time of day survives the change to summer time', '2026-03-10T08:00:00+01:00', '2026-04-10T08:00:00+02:00'],
  ['the time of day survives the change to winter time', '2026-10-10T08:00:00+02:00', '2026-11-10T08:00:00+01:00'],
  ['December leads to January', '2025-12-31T12:00:00+01:00', '2026-01-31T12:00:00+01:00'],
  ['the day is that of Paris', '2026-01-30T23:30:00Z', '2026-02-28T00:30:00+01:00'],
] as const)
  t.test(`hidden from the patient for ${sentence}`, async t => {
    t.equal(hiddenUntil(Date.parse(deposited)), Date.parse(shown))
  })

const [person, place, other] = [`rpps:${rpps}`, `finess:${finess}`, `rpps:${otherRpps}`]
const contained = [
  { resourceType: 'Practitioner', id: 'p', identifier: [byRpps().identifier] },
  { resourceType: 'Organization', id: 'o', identifier: [byFiness().identifier] },
  { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#p' }, organization: { reference: '#o' } },
]
const inDirectory = new Map([['Practitioner/1', [{ system: 'https://rpps.esante.gouv.fr', value: rpps }]]])
const to = (reference: string) => ({ reference })

for (const [sentence, resource, actors] of [
  ['authors by identifier', document(), [person, place]],
  ['contained persons and structures', document({ contained, author: [to('#p'), to('#o')] }), [person, place]],
  ['the person and the structure of a contained role', document({ contained, author: [to('#r')] }), [person, place]],
  ['a resource of the directory', document({ author: [to('Practitioner/1')] }), [person]],
  ['nobody for a resource of the directory that is not known', document({ author: [to('Practitioner/2')] }), []],
  ['the custodian', document({ author: [], custodian: byFiness() }), [place]],
  ['the old system of FINESS', document({ author: [identified('http://finess.sante.gouv.fr', finess)] }), [place]],
  ['performers of a result', a('Observation', { performer: [byRpps()] }), [person]],
  ['interpreters of a report', a('DiagnosticReport', { resultsInterpreter: [byRpps()] }), [person]],
  ['performers of an immunization', a('Immunization', { performer: [{ actor: byRpps() }] }), [person]],
  [
    'who recorded and who asserted',
    a('Condition', { recorder: byRpps(), asserter: byRpps(otherRpps) }),
    [person, other],
  ],
  [
    'who requested, not who is asked',
    a('MedicationRequest', { requester: byRpps(), performer: byRpps(otherRpps) }),
    [person],
  ],
  ['the source of a statement', a('MedicationStatement', { informationSource: byRpps() }), [person]],
  ['the source of a list', a('List', { source: byFiness() }), [place]],
  ['agents of a provenance', a('Provenance', { agent: [{ who: byRpps(), onBehalfOf: byFiness() }] }), [person, place]],
  ['nobody of a Consent', a('Consent', { performer: [byRpps()] }), []],
] as const)
  t.test(`content names as authors ${sentence}`, async t => {
    t.same(
      namedAuthors(resource, inDirectory).flatMap(author => author.actors),
      actors,
    )
  })

t.test('content names its patient by reference, by INS or contained', async t => {
  const own = [to('Patient/x'), identified(insSystem, '299999999999945'), to('#me')]
  const authors = namedAuthors(document({ author: own, contained: [{ resourceType: 'Patient', id: 'me' }] }))
  t.same(
    authors.map(({ target }) => target),
    ['Patient/x', 'Patient', 'Patient'],
  )
})
