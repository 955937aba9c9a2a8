/** Rows, units, requests and lines with only what a test changes: what every test of the store begins with. */

import { everything, type Query } from '../../search/query.ts'
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { Notice } from '../../security/notices.ts'
import { restrict } from '../../security/restriction.ts'
import { newPatientKey, newTie, newUlid } from '../../server/new-ids.ts'
import type { Collection, Order, PageRequest, Row, RowWrite, Unit } from '../../server/store/store.ts'

export const noon = Date.UTC(2025, 9, 15, 12)
export const newKey = newPatientKey
export const newRowId = (patient: string): string => `${patient}-${newUlid(noon)}`

/** What a record's owner would find: a row of a patient, with only what a test changes. */
export function aRow(patient: string, changes: Partial<Row> & { readonly resource?: object } = {}): Row {
  const { resource, ...others } = changes
  const _id = others._id ?? newRowId(patient)
  const type = others.type ?? 'DocumentReference'
  const row = {
    ...{ _id, id: _id, patient, type, version: 1, updated: noon, date: noon, tie: newTie() },
    ...{
      documentType: '11490-0',
      mask: others.ownMask ?? 0,
      status: 'current',
      hiddenUntil: null,
      depositor: 'rpps:10003456789',
    },
    ...{ ownMask: 0, consentMask: 0, follows: [], blobs: [] },
    search: { token: [], date: [], quantity: [] },
    ...others,
  }
  const json = Buffer.from(
    JSON.stringify({ resourceType: row.type, id: row.id, meta: { versionId: String(row.version) }, ...resource }),
  )
  return { json, ...row }
}

export const created = (row: Row, collection: Collection = 'record'): RowWrite => ({
  collection,
  row,
  expected: 0,
  deletes: false,
})
export const replaced = (row: Row, changes: Partial<Row> = {}): RowWrite => ({
  collection: row.patient === null ? 'directory' : 'record',
  row: { ...row, version: row.version + 1, updated: row.updated + 1000, ...changes },
  expected: row.version,
  deletes: false,
})
export const deleted = (row: Row): RowWrite => ({ ...replaced(row), deletes: true })

export const aUnit = (changes: Partial<Unit>): Unit => ({
  writes: [],
  claims: [],
  releases: [],
  audit: [],
  outbox: [],
  ...changes,
})

/** A notice that waits, with only what a test changes. */
export const aNotice = (patient: string, changes: Partial<Notice> = {}): Notice => ({
  ...{ patient, topic: 'deposit', to: 'patient', at: 1000, due: 1000 },
  ...{ secret: false, hiddenUntil: null, agent: null, about: [] },
  ...changes,
})

/** Everything of one record. */
export const within = (patient: string, ...disjuncts: readonly Query[]) =>
  restrict({ collection: 'record', patient }, disjuncts.length === 0 ? [everything] : disjuncts)

export const newestFirst: Order = { by: 'date', descending: true }

/** A page of one record's documents, with only what a test changes. */
export const aPage = (patient: string, changes: Partial<PageRequest> = {}): PageRequest => ({
  restriction: within(patient),
  type: 'DocumentReference',
  query: everything,
  order: newestFirst,
  limit: 20,
  ...changes,
})

/** A line of the trail, with only what a test changes. */
export const aLine = (patient: string | null, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ at: noon, patient, interaction: 'read', type: 'DocumentReference', outcome: 'success', status: 200 },
  ...{ failed: null, basis: 'authorised', query: null, targets: [] },
  agent: {
    ...{ kind: 'professional', subject: 'dr-durand', issuer: 'urn:dmp:demo', client: 'app', rpps: '10003456789' },
    ...{ structure: '750000001', profession: '10', role: null, mode: 'normal', reason: null },
  },
  ...{ policy: '2025-09-17', request: 'r-1' },
  ...changes,
})

/** Numbers from a seed: the same in every run. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
}
