/** Rows of a record by name, or by the references that they hold: a few records have Consents that ask for them. `docs/decisions/0030-consents-about-parts.md` */
import type { Document } from 'mongodb'
import type { Related, RelatedRow, Sought } from '../../security/related-parts.ts'
import type { Deployment } from './deployment.ts'
import { runFind } from './run-read.ts'

/** Most rows that are looked up for one record. */
export const mostRelated = 10_000

export interface RelatedRows {
  /** Current rows of the record with one of the names or keys, in no particular order. */
  related(patient: string, sought: Sought): Promise<Related>
}

/** By type: ids of one type are one condition. */
function namedIn(names: readonly string[]): readonly Document[] {
  const types = new Set(names.map(name => name.slice(0, name.indexOf('/'))))
  return [...types].map(type => ({
    type,
    id: { $in: names.filter(name => name.startsWith(`${type}/`)).map(name => name.slice(type.length + 1)) },
  }))
}

export const openRelated = (deployment: Deployment, most = mostRelated): RelatedRows => ({
  async related(patient, { names, keys }) {
    const $or = [...namedIn(names), ...(keys.length === 0 ? [] : [{ 'search.token': { $in: keys } }])]
    if ($or.length === 0) return { rows: [], beyond: false }
    const command = { find: 'record', filter: { patient, $or }, limit: most + 1, hint: 'compartment' }
    const found = await runFind(deployment, {
      ...command,
      projection: { type: 1, id: 1, depositor: 1, 'search.token': 1 },
    })
    // The border: only `row-document.ts` writes what is read here.
    const rows = found.map(
      ({ _id, type, id, depositor, search }): RelatedRow => ({
        ...{ _id: String(_id), type: String(type), id: String(id) },
        depositor: depositor === null ? null : String(depositor),
        keys: (search as unknown as { readonly token: readonly string[] }).token,
      }),
    )
    return { rows: rows.slice(0, most), beyond: rows.length > most }
  },
})
