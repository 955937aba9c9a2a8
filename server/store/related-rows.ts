/** Rows of a record by name, or by the references that they hold: a few records have Consents that ask for them. `docs/decisions/0030-consents-about-parts.md` */
import type { Document } from 'mongodb'
import { instantText } from '../../resources/ids.ts'
import type { SoughtFormers } from '../../security/related-formers.ts'
import type { Related, RelatedRow, Sought } from '../../security/related-parts.ts'
import type { WalkedDocument } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { referringKey } from './referring.ts'
import { runFind } from './run-read.ts'

/** Most rows that are looked up for one record. */
export const mostRelated = 2000

export interface RelatedRows {
  /** Current rows of the record with one of the names, or that refer to one of them, in no particular order. */
  related(patient: string, sought: Sought): Promise<Related>
  /** `Type/id` of what was deposited in the record since, and stands; of more than are looked up some. `keys` are those of the record and of what was merged into it. */
  depositedSince(patient: string, keys: readonly string[], since: number): Promise<readonly string[]>
  /**
   * The same of versions that were deleted, or of which the next one refers to less; each with the `_id` of its row, and of those
   * of a row that refer to the same the last. To be asked after the current ones: a row moves from those to these.
   */
  relatedFormers(patient: string, sought: SoughtFormers): Promise<Related>
}

const fields: Document = { type: 1, id: 1, depositor: 1, 'search.token': 1 }

// The border: only `row-document.ts` writes what is read here.
const toRelated = ({ _id, type, id, depositor, search }: WalkedDocument): RelatedRow => ({
  ...{ _id: String(_id), type: String(type), id: String(id) },
  depositor: depositor === null ? null : String(depositor),
  keys: (search as unknown as { readonly token: readonly string[] }).token,
})

const leading = ({ names, referringTo }: Sought): readonly string[] => [...names, ...referringTo.map(referringKey)]

const idIn = (name: string): string => name.slice(name.indexOf('/') + 1)

/** By `_id`, and by what they refer to or the names that clients chose. Exported, as the next ones, for the test that looks at the plans. */
export const relatedCommands = (patient: string, sought: Sought, limit: number): readonly Document[] =>
  [
    { filter: { _id: { $in: sought.names.map(idIn) }, patient }, hint: '_id_' },
    { filter: { patient, refers: { $in: leading(sought) } }, hint: 'refers' },
  ].map(by => ({ find: 'record', ...by, projection: fields, limit }))

interface News {
  readonly patient: string
  readonly keys: readonly string[]
  readonly since: number
}

/** The `_id` of a row begins with the key of its record and the instant; '.' follows '-'. */
export const newCommand = ({ patient, keys, since }: News, limit: number): Document => ({
  find: 'record',
  filter: { $or: keys.map(key => ({ _id: { $gte: `${key}-${instantText(since)}`, $lt: `${key}.` } })), patient },
  projection: { type: 1, id: 1 },
  limit,
  hint: '_id_',
})

export const formersCommand = (patient: string, { since, ...sought }: SoughtFormers, limit: number): Document => ({
  find: 'record_history',
  filter: { patient, lost: { $in: leading(sought) }, ended: { $gt: new Date(since) } },
  projection: { ...fields, row: 1, ended: 1, lost: 1 },
  limit,
  hint: 'lost',
})

const toFormer = (version: WalkedDocument): RelatedRow => ({
  ...toRelated(version),
  ...{ _id: String(version.row), ended: Number(version.ended) },
})

/** A row that refers to something on and off counts once. */
function lastOfEach(versions: readonly WalkedDocument[]): readonly RelatedRow[] {
  const last = new Map<string, RelatedRow>()
  for (const version of versions) {
    const former = toFormer(version)
    const same = `${former._id} ${version.lost}`
    if ((last.get(same)?.ended ?? 0) < (former.ended ?? 0)) last.set(same, former)
  }
  return [...last.values()]
}

const isNothing = ({ names, referringTo }: Sought): boolean => names.length + referringTo.length === 0

const nothing: Related = { rows: [], beyond: false }

export function openRelated(deployment: Deployment, most = mostRelated): RelatedRows {
  return {
    async related(patient, sought) {
      if (isNothing(sought)) return nothing
      const commands = relatedCommands(patient, sought, most + 1)
      const found = (await Promise.all(commands.map(command => runFind(deployment, command)))).flat()
      const rows = [...new Map(found.map(row => [String(row._id), toRelated(row)])).values()]
      return { rows: rows.slice(0, most), beyond: rows.length > most }
    },
    async depositedSince(patient, keys, since) {
      const found = await runFind(deployment, newCommand({ patient, keys, since }, most))
      return found.map(({ type, id }) => `${type}/${id}`)
    },
    async relatedFormers(patient, sought) {
      if (isNothing(sought)) return nothing
      const found = await runFind(deployment, formersCommand(patient, sought, most + 1))
      return { rows: lastOfEach(found.slice(0, most)), beyond: found.length > most }
    },
  }
}
