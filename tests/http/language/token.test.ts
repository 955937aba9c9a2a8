/** Parameters of type token. https://hl7.org/fhir/R4/search.html#token */
import t from 'tap'
import { idsOf } from '../rest.ts'
import { coded, type LanguageRow, loinc, type Named, observation, patient, proveOn, startWith } from './prove.ts'

const snomed = 'http://snomed.info/sct'
const kinds = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const types = 'urn:example:types'
const meaning = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
const identified = (id: string, type: object | undefined, system: string, value: string) =>
  patient(id, { identifier: [{ ...(type !== undefined && { type }), system, value }] })

const encounter = (id: string, ...reasons: readonly string[]): Named => ({
  ...{ resourceType: 'Encounter', id, status: 'finished', class: { code: 'AMB' }, subject: { reference: 'Patient/p' } },
  diagnosis: reasons.map(reference => ({ condition: { reference } })),
})
const clinical = (resourceType: string, id: string, text: string): Named => ({
  ...{ resourceType, id, status: 'completed', code: { text }, subject: { reference: 'Patient/p' } },
})

const resources = [
  patient('p', { gender: 'female', active: true, telecom: [{ system: 'phone', value: '01', use: 'home' }] }),
  patient('mail', { telecom: [{ system: 'email', value: 'Ann@MAIL.example' }] }),
  {
    ...{ resourceType: 'DocumentReference', id: 'xml', status: 'current', subject: { reference: 'Patient/p' } },
    content: [{ attachment: { contentType: 'text/xml; charset=UTF-8' } }],
  },
  identified('ins', coded(kinds, 'NH'), 'urn:oid:1.2.250.1.213.1.4.8', '180'),
  identified('record', { ...coded(kinds, 'MR'), text: 'Numéro de dossier' }, 'urn:example:hospital', '180'),
  identified('untyped', undefined, 'urn:example:hospital', '181'),
  identified('bars', coded(types, 'a|b'), 'urn:example:hospital', 'x|y'),
  observation('glucose', { code: coded(loinc, '2345-7', 'Glucose [Mass/volume]'), status: 'final' }),
  observation('bare', { code: { coding: [{ code: '2345-7' }] }, status: 'amended' }),
  observation('both', {
    code: {
      coding: [
        { system: loinc, code: '718-7' },
        { system: snomed, code: '259695003', display: 'Hémoglobine' },
      ],
    },
    status: 'preliminary',
    category: [coded('urn:example:categories', 'laboratory'), coded('urn:example:categories', 'urgent')],
  }),
  observation('words', { code: { text: 'Glycémie à jeun' }, status: 'final' }),
  observation('critical', { category: [coded(meaning, 'HH')] }),
  observation('comma', { code: coded('urn:example:codes', 'a,b|c$d\\e'), status: 'final' }),
]

const linked: readonly Named[] = [
  {
    ...{ resourceType: 'DiagnosticReport', id: 'report', status: 'final', code: { text: 'Synthèse' } },
    ...{ subject: { reference: 'Patient/p' }, result: [{ reference: 'Observation/words' }] },
  },
  { ...clinical('Condition', 'fever', 'Fièvre'), status: undefined },
  clinical('Procedure', 'fibro', 'Fibroscopie'),
  encounter('for-fever', 'Condition/fever'),
  encounter('for-both', 'Condition/fever', 'Procedure/fibro'),
  encounter('for-fibro', 'Procedure/fibro'),
]

const inMemory: readonly LanguageRow[] = [
  ['a code is of any system, and of none', 'Observation?code=2345-7', 'bare glucose'],
  ['system and code', `Observation?code=${loinc}|2345-7`, 'glucose'],
  ['a bar before the code asks for no system', 'Observation?code=|2345-7', 'bare'],
  ['a bar behind the system asks for any code of it', `Observation?code=${loinc}|`, 'both glucose'],
  ['each coding of a concept is found', `Observation?code=${snomed}|259695003`, 'both'],
  ['a code is no beginning', 'Observation?code=2345', ''],
  ['case counts in codes', 'Patient?gender=Female', ''],
  [
    'a code of an element has the system of its value set',
    'Patient?gender=http://hl7.org/fhir/administrative-gender|female',
    'p',
  ],
  ['and no other', 'Patient?gender=urn:other|female', ''],
  ['a boolean is a token', 'Patient?active=true', 'p'],
  ['a contact is found by its value', 'Patient?phone=01', 'p'],
  ['an address of e-mail has no case', 'Patient?email=ann@mail.EXAMPLE', 'mail'],
  ['an address of e-mail as it was written', 'Patient?telecom=Ann@MAIL.example', 'mail'],
  [':below of a media type', 'DocumentReference?contenttype:below=text/XML', 'xml'],
  [':below of another media type', 'DocumentReference?contenttype:below=text/plain', ''],
  ['an identifier by its value', 'Patient?identifier=180', 'ins record'],
  ['an identifier by system and value', 'Patient?identifier=urn:example:hospital|180', 'record'],
  ['a comma is or', 'Observation?code=2345-7,718-7', 'bare both glucose'],
  ['twice the same parameter is and', `Observation?code=718-7&code=${snomed}|`, 'both'],
  ['repeated elements may satisfy each its own', 'Observation?category=laboratory&category=urgent', 'both'],
  ['escaped signs are themselves', 'Observation?code=a\\,b\\|c\\$d\\\\e', 'comma'],
  ['with a system too', 'Observation?code=urn:example:codes|a\\,b\\|c\\$d\\\\e', 'comma'],
  [
    ':not finds all others, those without a value too',
    'Observation?category:not=laboratory',
    'bare comma critical glucose words',
  ],
  [':not of several is none of them', 'Observation?status:not=final,amended', 'both'],
  [':not with a system', `Observation?code:not=${loinc}|2345-7`, 'bare both comma critical words'],
  [':missing=true', 'Observation?category:missing=true', 'bare comma glucose words'],
  [':missing=false', 'Observation?category:missing=false', 'both critical'],
  ['a concept of words alone is not missing', 'Observation?code:missing=true', ''],
  [':of-type finds an identifier by what it is', `Patient?identifier:of-type=${kinds}|NH|180`, 'ins'],
  [':of-type with another type', `Patient?identifier:of-type=${kinds}|MR|180`, 'record'],
  [':of-type with the type of another system', `Patient?identifier:of-type=urn:other|MR|180`, ''],
  [':of-type minds the whole value', `Patient?identifier:of-type=${kinds}|MR|18`, ''],
  [':of-type finds none without a type', `Patient?identifier:of-type=${kinds}|MR|181`, ''],
  [':of-type with bars in its parts', `Patient?identifier:of-type=${types}|a\\|b|x\\|y`, 'bars'],
  [':of-type takes alternatives', `Patient?identifier:of-type=${kinds}|NH|180,${kinds}|MR|180`, 'ins record'],
  [':below finds what the code subsumes', `Observation?category:below=${meaning}|A`, 'critical'],
  [':above finds what subsumes the code', 'Observation?status:above=corrected', 'bare'],
]

const overHttp: readonly LanguageRow[] = [
  [':text finds the words of a concept', 'Observation?code:text=glycemie', 'words'],
  [':text finds the display of a coding', 'Observation?code:text=HEMO', 'both'],
  [':text finds words from their beginning', 'Observation?code:text=jeun', ''],
  [':text takes alternatives', 'Observation?code:text=gluc,glyc', 'glucose words'],
  [':text finds the words of the type of an identifier', 'Patient?identifier:text=numero de', 'record'],
  [':text beside other parameters', 'Observation?code:text=gl&status=final&code=2345-7', 'glucose'],
  [':text finds nothing where there are no words', 'Observation?category:text=labor', ''],
  [':text in a chain', 'DiagnosticReport?result.code:text=glyc', 'report'],
  [':text in a chain to one of several types', 'Encounter?diagnosis.code:text=fib', 'for-both for-fibro'],
  [':text in a chain to each of them', 'Encounter?diagnosis.code:text=fi', 'for-both for-fever for-fibro'],
  [':text in _has', 'Patient?_has:Observation:patient:code:text=glyc', 'p'],
  [':text in _has, where no words fit', 'Patient?_has:Observation:patient:code:text=zzz', ''],
]

const rest = await startWith([...resources, ...linked])
await proveOn(rest, { resources, rows: inMemory, ways: 'all' })
await proveOn(rest, { resources, rows: overHttp, ways: 'http' })

for (const address of ['?_type=Observation,DiagnosticReport&', 'Patient/p/*?_type=Observation,DiagnosticReport&'])
  t.test(`${address} with :text reads the words of each type`, async t => {
    const answer = await rest.get(`${address}code:text=gly,syn&_total=accurate`)
    t.equal(answer.status, 200, answer.bytes.toString())
    t.same([...idsOf(answer)].sort(), ['report', 'words'])
    t.match(answer.json, { total: 2 })
  })
