/** How large a version may be: the database keeps a row, with everything under which it is found, as one document. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { IndexEntry } from '../../../search/index-entry.ts'

/** A document has 16 MiB at most; what is left is room for scalars and for the history. */
export const mostBytes = 12 * 1024 * 1024

/** What one entry of the search block takes beside its text. */
const entryBytes = 20
const intervalBytes = 120

function sizeBy(bytesOf: (text: string) => number, { token, date, quantity }: IndexEntry['search']): number {
  let keys = 0
  for (const key of token) keys += bytesOf(key) + entryBytes
  return keys + (date.length + quantity.length) * intervalBytes
}

const exactly = (text: string): number => Buffer.byteLength(text)

/** What UTF-8 may take for it, without a look at its letters. */
const atMost = (text: string): number => text.length * 3

/** An estimate that errs on the large side. */
export const sizeOf = (search: IndexEntry['search']): number => sizeBy(exactly, search)

/** A version before it is stored: its text without attachments, and how it would be found. */
interface Sized {
  readonly text: string
  readonly search: IndexEntry['search']
  /** FHIRPath of the resource in the request. */
  readonly path: string
}

const fits = (bytesOf: (text: string) => number, { text, search }: Sized): boolean =>
  bytesOf(text) + sizeBy(bytesOf, search) <= mostBytes

/** Fails with 413 for a version that is too large. */
export const checkSize = (sized: Sized): Result<undefined> =>
  fits(atMost, sized) || fits(exactly, sized)
    ? ok(undefined)
    : fail(
        'bodyTooLarge',
        'expected a resource of at most 12 MiB without its attachments, found a larger one',
        sized.path,
      )

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
