/** Records to measure on, deposited through the public interface: 37 resources a patient. */
import { createHash } from 'node:crypto'

/** The system of the INS: always its test root. */
export const ins = 'urn:oid:1.2.250.1.213.1.4.10'
const loinc = 'http://loinc.org'
const finess = 'https://finess.esante.gouv.fr'
const rpps = 'https://rpps.esante.gouv.fr'

/** A number of 13 digits with its control key. */
export function insOf(patient: number): string {
  const number = `2${String(600_000_000_000 + patient).padStart(12, '0')}`
  return `${number}${String(97 - Number(BigInt(number) % 97n)).padStart(2, '0')}`
}

/** A resource as far as the loading cares. */
interface Described {
  readonly resourceType: string
  readonly [element: string]: unknown
}

const subjectOf = (patient: number): object => ({ type: 'Patient', identifier: { system: ins, value: insOf(patient) } })

const uuid = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const day = (back: number): string => new Date(Date.UTC(2026, 5, 1) - back * 86_400_000).toISOString().slice(0, 10)

const post = (resource: Described, name: string): object => ({
  fullUrl: uuid(name),
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

const coded = (system: string, code: string, display: string): object => ({
  coding: [{ system, code, display }],
  text: display,
})

/** A transaction that opens the record of a patient. */
export const opening = (patient: number): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    post(
      {
        resourceType: 'Patient',
        identifier: [{ use: 'official', system: ins, value: insOf(patient) }],
        active: true,
        name: [{ use: 'official', family: `MESURE${patient}`, given: ['Camille'] }],
        gender: 'female',
        birthDate: '1960-01-01',
      },
      `patient ${patient}`,
    ),
    post(
      {
        resourceType: 'Consent',
        status: 'active',
        scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy', 'Privacy Consent'),
        category: [coded(loinc, '59284-0', 'Consent Document')],
        patient: { reference: uuid(`patient ${patient}`) },
        dateTime: '2026-01-05T10:00:00+01:00',
        policy: [{ uri: 'https://dossier.example/notice/1' }],
        provision: { type: 'permit' },
        verification: [{ verified: true }],
      },
      `opening ${patient}`,
    ),
  ],
})

/** The patient lets a professional read. */
export const authorisation = (patientId: string, professional: string): object => ({
  resourceType: 'Consent',
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy', 'Privacy Consent'),
  category: [coded(loinc, '59284-0', 'Consent Document')],
  patient: { reference: `Patient/${patientId}` },
  dateTime: '2026-01-05T10:00:00+01:00',
  policy: [{ uri: 'https://dossier.example/notice/1' }],
  provision: {
    type: 'permit',
    period: { start: '2026-01-01', end: '2036-01-01' },
    actor: [
      {
        role: coded('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP', 'information recipient'),
        reference: { identifier: { system: rpps, value: professional } },
      },
    ],
  },
})

const nos = (name: string): string => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replaceAll('_', '-')}`

const codings = (system: string, code: string): object => ({ coding: [{ system, code }] })

const types = ['34112-3', '11502-2', '18748-4', '60591-5', '11490-0', '15507-7', '34874-8', '57833-6'] as const

/** Who and where, as guides ask documents to carry it inside. */
const containedIn = (patient: number): readonly object[] => [
  {
    resourceType: 'Patient',
    id: 'source',
    identifier: [{ system: ins, value: insOf(patient) }],
    name: [{ family: `MESURE${patient}`, given: ['Camille'] }],
    gender: 'female',
    birthDate: '1960-01-01',
  },
  {
    resourceType: 'PractitionerRole',
    id: 'author',
    practitioner: { reference: '#physician' },
    specialty: [codings(nos('TRE_A00-ProducteurDocNonPS'), 'G15_10/SM26')],
  },
  {
    resourceType: 'Practitioner',
    id: 'physician',
    identifier: [{ system: rpps, value: '99700001755' }],
    name: [{ family: 'MOREAU', given: ['Karim'] }],
  },
]

/** Which document of a patient, by which structure; `name` tells apart those that are otherwise the same. */
export interface DocumentPlace {
  readonly at: number
  readonly structure: string
  readonly name?: string
}

/** A document of about 3 kB of JSON, with as many elements as documents of hospitals have. */
export const document = (patient: number, { at, structure, name = '' }: DocumentPlace): Described => ({
  resourceType: 'DocumentReference',
  meta: {
    profile: ['https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference'],
  },
  contained: containedIn(patient),
  extension: [
    {
      url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived',
      valueBoolean: false,
    },
  ],
  masterIdentifier: { system: 'urn:ietf:rfc:3986', value: uuid(`document ${patient} ${at} ${name}`) },
  identifier: [{ system: 'https://hospital.example/documents', value: `${patient}-${at}` }],
  status: 'current',
  docStatus: 'final',
  type: { coding: [{ system: loinc, code: types[at % types.length], display: 'Compte rendu' }] },
  category: [codings(nos('TRE_A03-ClasseDocument'), '10')],
  subject: subjectOf(patient),
  date: `${day(at * 17)}T09:00:00+02:00`,
  author: [
    { reference: '#author' },
    { type: 'Organization', identifier: { system: finess, value: structure }, display: 'Centre hospitalier' },
  ],
  authenticator: { reference: '#physician' },
  custodian: { identifier: { system: finess, value: structure } },
  description: `Compte rendu d’hospitalisation ${at}, cardiologie`,
  securityLabel: [codings('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'N')],
  content: [
    {
      attachment: {
        contentType: 'application/pdf',
        language: 'fr-FR',
        url: `https://documents.example/${patient}/${at}.pdf`,
        size: 81234,
        hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
        title: 'Compte rendu d’hospitalisation',
        creation: `${day(at * 17)}T08:58:12+02:00`,
      },
      format: { system: nos('TRE_A11-IheFormatCode'), code: 'urn:ihe:iti:xds-sd:pdf:2008' },
    },
  ],
  context: {
    encounter: [{ type: 'Encounter', identifier: { system: 'https://hospital.example/stays', value: `S-${at}` } }],
    event: [coded('http://snomed.info/sct', '84114007', 'Insuffisance cardiaque')],
    period: { start: `${day(at * 17 + 6)}T08:00:00+02:00`, end: `${day(at * 17)}T08:00:00+02:00` },
    facilityType: codings(nos('TRE_R02-SecteurActivite'), 'SA01'),
    practiceSetting: codings(nos('TRE_A01-CadreExercice'), 'ETABLISSEMENT'),
    sourcePatientInfo: { reference: '#source' },
    related: [{ identifier: { system: 'https://hospital.example/orders', value: `D-${at}` } }],
  },
})

const amount = (value: number): object => ({ value, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' })

/** A result of about 1.5 kB of JSON. */
export const observation = (patient: number, { at, structure }: DocumentPlace): Described => ({
  resourceType: 'Observation',
  identifier: [{ system: 'https://laboratory.example/results', value: `${patient}-${at}` }],
  status: 'final',
  category: [codings('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
  code: coded(loinc, '718-7', 'Hémoglobine [Masse/Volume] Sang'),
  subject: subjectOf(patient),
  effectiveDateTime: `${day(at * 9)}T07:30:00+02:00`,
  issued: `${day(at * 9)}T14:00:00.123+02:00`,
  performer: [{ identifier: { system: finess, value: structure }, display: 'Laboratoire du centre hospitalier' }],
  valueQuantity: amount(12 + (at % 30) / 10),
  interpretation: [codings('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', 'N')],
  note: [{ text: 'Contrôlé sur un second prélèvement.' }],
  bodySite: coded('http://snomed.info/sct', '53130003', 'Sang veineux'),
  method: { text: 'Cytométrie en flux' },
  specimen: { display: 'Sang total sur EDTA' },
  device: { display: 'Automate d’hématologie' },
  referenceRange: [
    {
      low: amount(11.5),
      high: amount(15),
      type: codings('http://terminology.hl7.org/CodeSystem/referencerange-meaning', 'normal'),
      appliesTo: [{ text: 'adulte' }],
      age: { low: { value: 18, unit: 'a' } },
      text: '11,5 à 15,0 g/dL',
    },
  ],
})

const allergy = (patient: number, at: number): Described => ({
  resourceType: 'AllergyIntolerance',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
  },
  code: { text: `Allergie ${at}` },
  patient: subjectOf(patient),
  recordedDate: day(at * 100),
})

const medication = (patient: number, at: number): Described => ({
  resourceType: 'MedicationStatement',
  status: 'active',
  medicationCodeableConcept: { text: `Traitement ${at}` },
  subject: subjectOf(patient),
  effectivePeriod: { start: day(at * 50) },
})

/** A transaction with what a hospital deposits of a patient: 8 documents, 20 results, 3 allergies, 5 treatments. */
export function deposit(patient: number, structure: string): { readonly entry: readonly object[] } {
  const many = (count: number, make: (at: number) => Described, name: string): readonly object[] =>
    Array.from({ length: count }, (_, at) => post(make(at), `${name} ${patient} ${at}`))
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      ...many(8, at => document(patient, { at, structure }), 'document'),
      ...many(20, at => observation(patient, { at, structure }), 'observation'),
      ...many(3, at => allergy(patient, at), 'allergy'),
      ...many(5, at => medication(patient, at), 'medication'),
    ],
  }
  return bundle
}
