/** How large a version may be: the database keeps a row, with everything under which it is found, as one document. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { IndexEntry } from '../../../search/index-entry.ts'

/** A document has 16 MiB at most; what is left is room for scalars and for the history. */
export const mostBytes = 12 * 1024 * 1024

/** What one entry of the search block takes beside its text. */
const entryBytes = 20
const intervalBytes = 120

/** An estimate that errs on the large side. */
export function sizeOf({ token, date, quantity }: IndexEntry['search']): number {
  const keys = token.reduce((sum, key) => sum + Buffer.byteLength(key) + entryBytes, 0)
  return keys + (date.length + quantity.length) * intervalBytes
}

/** A version before it is stored: its text without attachments, and how it would be found. */
interface Sized {
  readonly text: string
  readonly search: IndexEntry['search']
  /** FHIRPath of the resource in the request. */
  readonly path: string
}

/** Fails with 413 for a version that is too large. */
export const checkSize = ({ text, search, path }: Sized): Result<undefined> =>
  Buffer.byteLength(text) + sizeOf(search) <= mostBytes
    ? ok(undefined)
    : fail('bodyTooLarge', 'expected a resource of at most 12 MiB without its attachments, found a larger one', path)

/** Every value is an entry of an index, and all of a unit are written in one transaction of limited duration. */
export const mostValues = 50_000

/** How many values it is found by. */
export const valuesOf = ({ token, date, quantity }: IndexEntry['search']): number =>
  token.length + date.length + quantity.length

/** Fails with 413, at the resource that has most, for a unit found by more values than one transaction can index in time. */
export function checkValues(resources: readonly Omit<Sized, 'text'>[]): Result<undefined> {
  const values = resources.reduce((sum, { search }) => sum + valuesOf(search), 0)
  if (values <= mostValues) return ok(undefined)
  const [most] = [...resources].sort((one, other) => valuesOf(other.search) - valuesOf(one.search))
  const sentence = `expected resources that are found by at most ${mostValues} values together, found more`
  return fail('bodyTooLarge', sentence, most?.path)
}
