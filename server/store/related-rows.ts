/** Rows of a record by name, or by the references that they hold: a few records have Consents that ask for them. `docs/decisions/0030-consents-about-parts.md` */
import type { Document } from 'mongodb'
import type { SoughtFormers } from '../../security/related-formers.ts'
import type { Related, RelatedRow, Sought } from '../../security/related-parts.ts'
import type { WalkedDocument } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { runFind } from './run-read.ts'

/** Most rows that are looked up for one record. */
export const mostRelated = 2000

export interface RelatedRows {
  /** Current rows of the record with one of the names or keys, in no particular order. */
  related(patient: string, sought: Sought): Promise<Related>
  /** The same of versions that were superseded or deleted, each with the `_id` of its row. To be asked after the current ones: a row moves from those to these. */
  relatedFormers(patient: string, sought: SoughtFormers): Promise<Related>
}

/** By type: ids of one type are one condition. */
function namedIn(names: readonly string[]): readonly Document[] {
  const types = new Set(names.map(name => name.slice(0, name.indexOf('/'))))
  return [...types].map(type => ({
    type,
    id: { $in: names.filter(name => name.startsWith(`${type}/`)).map(name => name.slice(type.length + 1)) },
  }))
}

const anyOf = ({ names, keys }: Sought): readonly Document[] => [
  ...namedIn(names),
  ...(keys.length === 0 ? [] : [{ 'search.token': { $in: keys } }]),
]

const fields: Document = { type: 1, id: 1, depositor: 1, 'search.token': 1 }

// The border: only `row-document.ts` writes what is read here.
const toRelated = ({ _id, row, type, id, depositor, search, ended }: WalkedDocument): RelatedRow => ({
  ...{ _id: String(row ?? _id), type: String(type), id: String(id) },
  depositor: depositor === null ? null : String(depositor),
  keys: (search as unknown as { readonly token: readonly string[] }).token,
  ...(typeof ended === 'number' ? { ended } : {}),
})

export function openRelated(deployment: Deployment, most = mostRelated): RelatedRows {
  async function look($or: readonly Document[], command: Document): Promise<Related> {
    if ($or.length === 0) return { rows: [], beyond: false }
    const rows = (await runFind(deployment, { ...command, limit: most + 1 })).map(toRelated)
    return { rows: rows.slice(0, most), beyond: rows.length > most }
  }
  return {
    related(patient, sought) {
      const $or = anyOf(sought)
      return look($or, { find: 'record', filter: { patient, $or }, projection: fields, hint: 'compartment' })
    },
    relatedFormers(patient, sought) {
      const $or = anyOf(sought)
      const filter = { patient, ended: { $gt: new Date(sought.since) }, $or }
      const projection = { ...fields, row: 1, ended: 1 }
      return look($or, { find: 'record_history', filter, projection, hint: 'ended' })
    },
  }
}
