/** The version of a resource in the record to which it moves: its references to the Patient lead to the other one, its id stays. `docs/decisions/0037-one-person-one-record.md` */
import { type Edit, type JsonNode, memberOf } from '../../../resources/json-text.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { type Current, nextVersion } from './server-version.ts'

export interface Renaming extends Moving {
  readonly base: string
  /** References to what gets another id, with those that it gets. */
  readonly names: ReadonlyMap<string, string>
}

/** A reference to what gets another id, or to the Patient that is left, at this server; one to a version of it keeps what it means. */
function renamed(value: string, { from, to, base, names }: Renaming): string | undefined {
  const isAbsolute = value.startsWith(`${base}/`)
  const name = names.get(isAbsolute ? value.slice(base.length + 1) : value)
  if (name !== undefined) return isAbsolute ? `${base}/${name}` : name
  const [path = '', ...fragment] = value.split('#')
  const isIt = path === `Patient/${from}` || path === `${base}/Patient/${from}`
  return isIt ? [path.replace(from, to), ...fragment].join('#') : undefined
}

/** Every reference, in contained resources and extensions too: a text is what it means, however its letters are escaped. */
export function renamingEdits(root: JsonNode, moving: Renaming): readonly Edit[] {
  const edits: Edit[] = []
  const meta = memberOf(root, 'meta') ?? { start: -1, end: -1 }
  for (const { start, end, string } of root.strings()) {
    const name = start >= meta.start && end <= meta.end ? undefined : renamed(string, moving)
    if (name !== undefined) edits.push({ start, end, text: JSON.stringify(name) })
  }
  return edits
}

/** @returns the next version of a row, in the record to which it moves. Its labels stay those of the database. */
export function movedVersion(
  context: Context,
  current: Current,
  moving: Moving & Partial<Pick<Renaming, 'names'>>,
): RowWrite {
  const renaming = { names: new Map<string, string>(), ...moving, base: context.base }
  const write = nextVersion(context, current, (_, root) => renamingEdits(root, renaming))
  return { ...write, row: { ...write.row, patient: moving.to } }
}
