/** What is written in the access tests: each resource differs from a plain one by what a test names. */
import type { DossierRecord } from './stage.ts'

export type Json = Readonly<Record<string, unknown>>

export const loinc = 'http://loinc.org'
export const complementaryTypes =
  'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
export const insSystem = 'urn:oid:1.2.250.1.213.1.4.10'
export const numbers = 'https://hospital.example/numbers'
export const notice = 'https://dossier.example/notice/1'
const visibility =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'

export const coded = (system: string, code: string): Json => ({ coding: [{ system, code }] })
export const labels = (...codes: readonly string[]): readonly Json[] => codes.map(code => coded(visibility, code))

const identified = (system: string, value: string): Json => ({ identifier: { system, value } })
export const byRpps = (value: string): Json => identified('https://rpps.esante.gouv.fr', value)
export const byFiness = (value: string): Json => identified('https://finess.esante.gouv.fr', value)

export const subjectOf = ({ id }: Pick<DossierRecord, 'id'>): Json => ({ reference: `Patient/${id}` })

/** A document of a record; `elements` replace or add. */
export const document = (record: Pick<DossierRecord, 'id'>, elements: Json = {}): Json => ({
  resourceType: 'DocumentReference',
  status: 'current',
  type: coded(loinc, '11488-4'),
  subject: subjectOf(record),
  date: '2026-03-02T10:00:00+01:00',
  content: [{ attachment: { contentType: 'text/plain', title: 'Compte rendu' } }],
  ...elements,
})

export const observation = (record: Pick<DossierRecord, 'id'>, elements: Json = {}): Json => ({
  resourceType: 'Observation',
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
  code: coded(loinc, '718-7'),
  subject: subjectOf(record),
  effectiveDateTime: '2026-03-02T08:00:00+01:00',
  valueQuantity: { value: 13.5, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
  ...elements,
})

export const report = (record: Pick<DossierRecord, 'id'>, elements: Json = {}): Json => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/v2-0074', 'LAB')],
  code: coded(loinc, '11502-2'),
  subject: subjectOf(record),
  effectiveDateTime: '2026-03-02T08:00:00+01:00',
  ...elements,
})

export const patient = (value: string, elements: Json = {}): Json => ({
  resourceType: 'Patient',
  identifier: [{ system: insSystem, value }],
  active: true,
  name: [{ family: 'ESSAI', given: ['Camille'] }],
  gender: 'unknown',
  birthDate: '2015-01-01',
  ...elements,
})

export interface Entry {
  readonly fullUrl?: string
  readonly resource?: Json
  readonly request: Json
}

/** An entry that creates `resource`; `condition` is its If-None-Exist. */
export const creates = (resource: Json, fullUrl?: string, condition?: string): Entry => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: {
    ...{ method: 'POST', url: resource.resourceType },
    ...(condition === undefined ? {} : { ifNoneExist: condition }),
  },
})

export const asks = (method: 'GET' | 'DELETE', url: string): Entry => ({ request: { method, url } })

export const bundle = (type: 'transaction' | 'batch', ...entry: readonly Entry[]): Json => ({
  ...{ resourceType: 'Bundle', type },
  entry,
})
export const transaction = (...entries: readonly Entry[]): Json => bundle('transaction', ...entries)
export const batch = (...entries: readonly Entry[]): Json => bundle('batch', ...entries)
