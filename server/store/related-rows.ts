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
const toRelated = ({ _id, type, id, depositor, search }: WalkedDocument): RelatedRow => ({
  ...{ _id: String(_id), type: String(type), id: String(id) },
  depositor: depositor === null ? null : String(depositor),
  keys: (search as unknown as { readonly token: readonly string[] }).token,
})

// The border: only `formersCommand` makes what is read here.
function toFormer({ _id, ended }: WalkedDocument): RelatedRow {
  const { row, type, id, keys } = _id as unknown as Pick<RelatedRow, 'type' | 'id' | 'keys'> & { readonly row: string }
  return { ...{ _id: row, type, id, keys }, depositor: null, ended: Number(ended) }
}

const quoted = (code: string): string => code.replace(/[^\w-]/g, '\\$&')

/** Versions of a row that refer to the same are one, the last: a row that is written every hour is no more than one. */
function formersCommand(patient: string, { since, codes, ...sought }: SoughtFormers, limit: number): Document {
  const refers = { $regexMatch: { input: '$$this', regex: `^(?:${codes.map(quoted).join('|')})=` } }
  const keys = { $filter: { input: '$search.token', cond: refers } }
  return {
    aggregate: 'record_history',
    pipeline: [
      { $match: { patient, ended: { $gt: new Date(since) }, $or: anyOf(sought) } },
      { $group: { _id: { row: '$row', type: '$type', id: '$id', keys }, ended: { $max: '$ended' } } },
      { $limit: limit },
    ],
    cursor: { batchSize: limit },
    hint: 'ended',
  }
}

export function openRelated(deployment: Deployment, most = mostRelated): RelatedRows {
  const bounded = (rows: readonly RelatedRow[]): Related => ({ rows: rows.slice(0, most), beyond: rows.length > most })
  const isNothing = ({ names, keys }: Sought): boolean => names.length === 0 && keys.length === 0
  return {
    async related(patient, sought) {
      if (isNothing(sought)) return bounded([])
      const command = { find: 'record', filter: { patient, $or: anyOf(sought) }, projection: fields }
      const found = await runFind(deployment, { ...command, limit: most + 1, hint: 'compartment' })
      return bounded(found.map(toRelated))
    },
    async relatedFormers(patient, sought) {
      if (isNothing(sought)) return bounded([])
      return bounded((await runFind(deployment, formersCommand(patient, sought, most + 1))).map(toFormer))
    },
  }
}
