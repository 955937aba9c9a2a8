/** The transactions that make a record: opened by a hospital, authorised by the patient, filled by the hospital. */
import { allergy, medication, provenance, report } from './record-others.ts'
import {
  coded,
  type Described,
  document,
  ins,
  insOf,
  loinc,
  observation,
  type Place,
  uuid,
} from './record-resources.ts'

const rpps = 'https://rpps.esante.gouv.fr'

export interface Transaction {
  readonly resourceType: 'Bundle'
  readonly type: 'transaction'
  readonly entry: readonly object[]
}

export const post = (resource: Described, name: string): object => ({
  fullUrl: uuid(name),
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

export const transactionOf = (entry: readonly object[]): Transaction => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry,
})

/** The name under which a transaction refers to its patient. */
export const patientName = (patient: number): string => `patient ${patient}`

/** A patient. */
export const person = (patient: number): Described => ({
  resourceType: 'Patient',
  identifier: [{ use: 'official', system: ins, value: insOf(patient) }],
  active: true,
  name: [{ use: 'official', family: `MESURE${patient}`, given: ['Camille'] }],
  gender: 'female',
  birthDate: '1960-01-01',
})

/** A transaction that opens the record of a patient. */
export const opening = (patient: number): Transaction =>
  transactionOf([
    post(person(patient), patientName(patient)),
    post(
      {
        resourceType: 'Consent',
        status: 'active',
        scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy', 'Privacy Consent'),
        category: [coded(loinc, '59284-0', 'Consent Document')],
        patient: { reference: uuid(patientName(patient)) },
        dateTime: '2026-01-05T10:00:00+01:00',
        policy: [{ uri: 'https://dossier.example/notice/1' }],
        provision: { type: 'permit' },
        verification: [{ verified: true }],
      },
      `opening ${patient}`,
    ),
  ])

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

type OfOne = Omit<Place, 'at' | 'practitioner'> & { readonly practitioners: readonly string[] }

/** Which of its kind, by one of the five practitioners of its patient. */
const placeIn =
  ({ practitioners, ...whose }: OfOne) =>
  (at: number): Place => ({
    ...whose,
    at,
    practitioner: practitioners[(whose.patient * 7 + (at % 5)) % practitioners.length] ?? '',
  })

/**
 * What a hospital deposits of a patient: 8 documents, 20 results with their report, 3 allergies, 5 treatments, and who
 * put documents and results there.
 */
export function deposit(whose: OfOne): Transaction {
  const { patient } = whose
  const place = placeIn(whose)
  const named = (name: string) => (at: number) => `${name} ${patient} ${at}`
  const many = (count: number, make: (place: Place) => Described, name: string): readonly object[] =>
    Array.from({ length: count }, (_, at) => post(make(place(at)), named(name)(at)))
  const links = (count: number, name: string): readonly string[] =>
    Array.from({ length: count }, (_, at) => uuid(named(name)(at)))
  return transactionOf([
    ...many(8, document, 'document'),
    ...many(20, observation, 'observation'),
    ...many(3, allergy, 'allergy'),
    ...many(5, medication, 'medication'),
    post(report(place(0), links(20, 'observation')), named('report')(0)),
    post(provenance(place(0), links(8, 'document')), named('provenance')(0)),
    post(provenance(place(1), links(20, 'observation')), named('provenance')(1)),
  ])
}

/** A part of the results of a large record: `count` of them from the number `from` on. */
export const results = (whose: OfOne, { from, count }: { from: number; count: number }): Transaction =>
  transactionOf(
    Array.from({ length: count }, (_, at) =>
      post(observation(placeIn(whose)(from + at)), `${whose.name} ${from + at}`),
    ),
  )

/** Bytes, threes of which are four letters of base64: the end is put behind what never changes. */
const [bytes, ending] = [199_998, 36]
const head = Buffer.from('%PDF-1.4\n')

/** A PDF of that size to the eye of a server; each differs at its end from all others. */
const pdf = Buffer.concat([head, Buffer.alloc(bytes - ending - head.length, 'a stream of numbers ')]).toString('base64')

/** A discharge: the document with its PDF of 200 kB, the report and 20 results. */
export function discharge(whose: OfOne & { readonly name: string }): Transaction {
  const place = placeIn(whose)
  const named = (what: string, at = 0): string => `${what} ${whose.name} ${at}`
  const binary = {
    resourceType: 'Binary',
    contentType: 'application/pdf',
    data: pdf + Buffer.from(whose.name.padEnd(ending).slice(0, ending)).toString('base64'),
  }
  const { content: _replaced, ...described } = document(place(0))
  const content = [{ attachment: { contentType: 'application/pdf', url: uuid(named('binary')) } }]
  const links = Array.from({ length: 20 }, (_, at) => uuid(named('observation', at)))
  return transactionOf([
    post({ ...described, resourceType: 'DocumentReference', content }, named('document')),
    post(binary, named('binary')),
    post(report(place(0), links), named('report')),
    ...links.map((_, at) => post(observation(place(at)), named('observation', at))),
  ])
}
