/** What was deposited in the target since a merge and is the source's: they get an id there, and are destroyed where they were. `docs/decisions/0037-one-person-one-record.md` */
import { readJson, splice } from '../../../resources/json-text.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import { firstDeposit } from '../../../security/writes/first-deposit.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { identityEdits, shifted, storedText } from '../write/draft.ts'
import { withoutNames } from '../write/in-whose-name.ts'
import { type Renaming, renamingEdits } from './moved-version.ts'
import { type Current, currentOf } from './server-version.ts'

/** What goes, each followed by what was deposited with it alone. */
export interface Listed {
  /** As they are named, each once. */
  readonly named: readonly Current[]
  readonly rows: readonly Current[]
}

/** What is about the record itself stays where it was written. */
export const aboutTheRecord: ReadonlySet<string> = new Set(['Patient', 'Consent', 'CareTeam', 'RelatedPerson'])

const unknown = fail(
  'refusedByRule',
  'expected resources that were deposited in the record of the target since the merge, each with what it was deposited with, found another',
  'http.resource',
)

/** @param since when the records were merged. Fails with 422 for what is not of the target, or was there before. */
export async function listedDocuments(
  context: Context,
  { from }: Moving,
  asked: { readonly references: readonly string[]; readonly since: number },
): Promise<Result<Listed>> {
  const named = new Map<string, Current>()
  const rows = new Map<string, Current>()
  for (const text of asked.references) {
    const local = text.startsWith(`${context.base}/`) ? text.slice(context.base.length + 1) : text
    const [, type = '', _id = ''] = /^([A-Z][A-Za-z]{1,63})\/([a-z0-9-]{39})$/.exec(local) ?? []
    const isOwn = _id.startsWith(`${from}-`) && (firstDeposit(_id) ?? 0) >= asked.since && !aboutTheRecord.has(type)
    const current = isOwn ? await currentOf(context, { patient: from, type, _id }) : undefined
    if (current === undefined) return unknown
    named.set(_id, current)
    for (const each of [current, ...(await context.store.merging.followers(from, _id))]) rows.set(each._id, each)
  }
  // What follows a document that stays would be masked by nothing.
  if ([...rows.values()].some(({ labels }) => labels.follows.some(_id => !rows.has(_id)))) return unknown
  return ok({ named: [...named.values()], rows: [...rows.values()] })
}

/** @returns where a row will be: the same time of deposit, under the key of the other record. */
export const newIdOf = (_id: string, { from, to }: Moving): string => `${to}${_id.slice(from.length)}`

function firstVersionThere(context: Context, current: Current, at: Renaming): RowWrite {
  const { row } = current
  const labels = { ...current.labels, keys: withoutNames(current.labels.keys) }
  const { text, root, value } = storedText(row)
  const next = { id: newIdOf(row._id, at), version: 1, updated: context.now() }
  const own = [...identityEdits({ text, node: root, resource: value as Resource }, next), ...renamingEdits(root, at)]
  const json = splice(text, root, own)
  const read = readJson(json)
  if (!read.ok) throw new Error('a resource of the server cannot be read')
  const search = context.index(read.value.value as Resource)
  const depositor = labels.depositor === `patient:${at.from}` ? `patient:${at.to}` : labels.depositor
  return {
    collection: 'record',
    ...{ expected: 0, deletes: false },
    row: {
      ...{ ...row, _id: next.id, id: next.id, patient: at.to, version: 1, updated: next.updated, depositor },
      follows: row.follows.map(_id => newIdOf(_id, at)),
      search: { ...search, token: [...search.token, ...labels.keys] },
      json: Buffer.from(json),
      blobs: shifted(row.blobs, text, own),
    },
  }
}

/** Whether a row follows one of `others` alone, and so goes where that one goes. */
export function goesAlong({ labels }: Current, others: readonly Current[]): boolean {
  const [first, ...more] = labels.follows
  return others.some(({ _id }) => _id === first) && more.every(each => each === first)
}

/** @returns what has to be destroyed where it was: what follows one of them alone goes with it. */
export const leaving = ({ named }: Listed): readonly { readonly _id: string; readonly version: number }[] => {
  const alone = named.filter(each => !goesAlong(each, named))
  return alone.map(({ _id, row }) => ({ _id, version: row.version }))
}

/** @returns references to what goes, with those that it gets. */
export const namesThere = ({ rows }: Listed, moving: Moving): ReadonlyMap<string, string> =>
  new Map(rows.map(({ row }) => [`${row.type}/${row.id}`, `${row.type}/${newIdOf(row._id, moving)}`] as const))

/** @returns the rows as they will be in the other record, with their labels. */
export const versionsThere = (context: Context, { rows }: Listed, renaming: Renaming): readonly RowWrite[] =>
  rows.map(row => firstVersionThere(context, row, renaming))
