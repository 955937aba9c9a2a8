/** The resources of a record, as large and with as many elements as those of hospitals. */
import { createHash } from 'node:crypto'

/** The system of the INS: always its test root. */
export const ins = 'urn:oid:1.2.250.1.213.1.4.10'
export const loinc = 'http://loinc.org'
export const finess = 'https://finess.esante.gouv.fr'
/** What documents say that they conform to. */
export const profile =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference'
const rpps = 'https://rpps.esante.gouv.fr'

/** A number of 13 digits with its control key. */
export function insOf(patient: number): string {
  const number = `2${String(600_000_000_000 + patient).padStart(12, '0')}`
  return `${number}${String(97 - Number(BigInt(number) % 97n)).padStart(2, '0')}`
}

/** A resource as far as the loading cares. */
export interface Described {
  readonly resourceType: string
  readonly [element: string]: unknown
}

/** Whose resource it is, which of its kind, and how the server at hand wants people to be named. */
export interface Place {
  readonly patient: number
  readonly ins: string
  readonly at: number
  /** The FINESS of who deposits. */
  readonly structure: string
  /** A reference to the patient. */
  readonly subject: object
  /** `Practitioner/…` */
  readonly practitioner: string
  /** Tells apart those that are otherwise the same. */
  readonly name?: string
}

export const uuid = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const day = (back: number): string =>
  new Date(Date.UTC(2026, 5, 1) - back * 86_400_000).toISOString().slice(0, 10)

export const coded = (system: string, code: string, display: string): object => ({
  coding: [{ system, code, display }],
  text: display,
})

const nos = (name: string): string => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replaceAll('_', '-')}`

export const codings = (system: string, code: string): object => ({ coding: [{ system, code }] })

export const documentTypes = [
  '34112-3',
  '11502-2',
  '18748-4',
  '60591-5',
  '11490-0',
  '15507-7',
  '34874-8',
  '57833-6',
] as const

/** Who and where, as guides ask documents to carry it inside. */
const containedIn = ({ patient, ins: value }: Place): readonly object[] => [
  {
    resourceType: 'Patient',
    id: 'source',
    identifier: [{ system: ins, value }],
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

/** A document of about 3 kB of JSON, with as many elements as documents of hospitals have. */
export const document = (place: Place): Described => {
  const { patient, at, structure, subject, practitioner, name = '' } = place
  return {
    resourceType: 'DocumentReference',
    meta: { profile: [profile] },
    contained: containedIn(place),
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
    type: { coding: [{ system: loinc, code: documentTypes[at % documentTypes.length], display: 'Compte rendu' }] },
    category: [codings(nos('TRE_A03-ClasseDocument'), '10')],
    subject,
    date: `${day(at * 17)}T09:00:00+02:00`,
    author: [
      { reference: '#author' },
      { type: 'Organization', identifier: { system: finess, value: structure }, display: 'Centre hospitalier' },
    ],
    authenticator: { reference: practitioner },
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
  }
}

const amount = (value: number): object => ({ value, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' })

/** A result of about 1.5 kB of JSON. */
export const observation = ({ patient, at, structure, subject, practitioner }: Place): Described => ({
  resourceType: 'Observation',
  identifier: [{ system: 'https://laboratory.example/results', value: `${patient}-${at}` }],
  status: 'final',
  category: [codings('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
  code: coded(loinc, '718-7', 'Hémoglobine [Masse/Volume] Sang'),
  subject,
  effectiveDateTime: `${day(at * 9)}T07:30:00+02:00`,
  issued: `${day(at * 9)}T14:00:00.123+02:00`,
  performer: [
    { reference: practitioner },
    { identifier: { system: finess, value: structure }, display: 'Laboratoire du centre hospitalier' },
  ],
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
