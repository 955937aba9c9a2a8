/** What a server holds once it was loaded, as workloads ask for it. Whoever loads, from whatever data, gives this. */
import type { Headers } from './client.ts'

/** A record. */
export interface LoadedRecord {
  /** Its number in the data. */
  readonly patient: number
  readonly patientId: string
  readonly ins: string
  /** Ids of its documents of about 3 kB. */
  readonly documents: readonly string[]
}

/** Who asks. */
export interface Callers {
  readonly hospital: Headers
  readonly gp: Headers
}

export interface Loaded extends Callers {
  /** Path of the FHIR base. */
  readonly root: string
  /** Records that are only read, each with 20 results or more. */
  readonly read: readonly LoadedRecord[]
  /** Records that are written to: what is read stays as large as it was. */
  readonly written: readonly LoadedRecord[]
  /** A record with more results than 100 pages hold, or as many as were asked for. */
  readonly large: LoadedRecord
  /** Records of some 1,000 resources. */
  readonly wide: readonly LoadedRecord[]
  readonly resources: number
  /** References to practitioners who perform, and the family name of one of them. */
  readonly practitioners: readonly string[]
  readonly family: string
  /** How a resource refers to its patient there. */
  readonly subjectOf: (record: { readonly patientId: string; readonly ins: string }) => object
}

/** How much is loaded. */
export interface Amount {
  readonly patients: number
  /** Results of the large record. */
  readonly rows: number
  /** Resources of a wide record. */
  readonly wide: number
}
