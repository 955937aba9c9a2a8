/**
 * What a search asks, as data. Two interpreters read it: `matches()` in memory and `toMongo()` on stored rows.
 * One test proves that they agree.
 */

/** A scalar of a row, as `access.md` section 5 lists them. */
export type ScalarName = 'patient' | 'type' | 'id' | 'documentType' | 'mask' | 'status' | 'depositor'

/** A scalar that is an instant, in milliseconds since 1970, UTC. */
export type InstantName = 'updated' | 'date' | 'hiddenUntil'

/** What an interval [low, high) that a row holds must satisfy. Absent members ask nothing. Milliseconds or numbers. */
export interface Bounds {
  readonly lowAtLeast?: number
  readonly lowBelow?: number
  readonly highAbove?: number
  readonly highAtMost?: number
  readonly lowAtMost?: number
  readonly highAtLeast?: number
}

/**
 * The unit that a quantity search names. `unit` alone matches the code or the printed unit; `base` asks of the value in
 * base units of UCUM, whatever the unit in which it was written.
 */
export type AskedUnit =
  | { readonly system: string; readonly code: string }
  | { readonly unit: string }
  | { readonly base: string }

export type Query =
  | { readonly op: 'everything' }
  | { readonly op: 'nothing' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Query[] }
  | { readonly op: 'not'; readonly of: Query }
  /** The scalar equals one of these; null is its absence. */
  | { readonly op: 'scalar'; readonly name: ScalarName; readonly in: readonly (string | number | null)[] }
  /** The instant lies in [from, before). A row without the instant does not match. */
  | { readonly op: 'instant'; readonly name: InstantName; readonly from?: number; readonly before?: number }
  /** One of the row's keys is one of these (`search/key.ts` has their forms). */
  | { readonly op: 'key'; readonly in: readonly string[] }
  /** One of the row's keys begins so, and is not the exception. */
  | { readonly op: 'prefix'; readonly prefix: string; readonly except?: string }
  /** One of the row's keys begins so, and holds the text in its rest, or ends with it. */
  | { readonly op: 'holds'; readonly prefix: string; readonly text: string; readonly at: 'anywhere' | 'end' }
  /** One date interval that the row holds for `code` satisfies the bounds. */
  | { readonly op: 'interval'; readonly code: string; readonly bounds: Bounds }
  /** One number or quantity that the row holds for `code` satisfies the bounds, in that unit. */
  | { readonly op: 'quantity'; readonly code: string; readonly bounds: Bounds; readonly unit?: AskedUnit }
  /** The row holds nothing for `code`. */
  | { readonly op: 'missing'; readonly code: string }
  /** The row follows one of these documents (`_id`s); `only`: and follows nothing else. */
  | { readonly op: 'follows'; readonly in: readonly string[]; readonly only: boolean }
  /** One repeating element of that name satisfies all of it by itself: what composite parameters ask. */
  | { readonly op: 'element'; readonly name: string; readonly of: Query }

export const everything: Query = { op: 'everything' }
export const nothing: Query = { op: 'nothing' }

/** The conjunction, simplified: `everything` falls away, `nothing` swallows. */
export function and(...of: readonly Query[]): Query {
  const parts: Query[] = []
  for (const part of of) {
    if (part.op === 'nothing') return nothing
    if (part.op === 'and') parts.push(...part.of)
    else if (part.op !== 'everything') parts.push(part)
  }
  const [only] = parts
  if (only === undefined) return everything
  return parts.length === 1 ? only : { op: 'and', of: parts }
}

/** The disjunction, simplified: `nothing` falls away, `everything` swallows. */
export function or(...of: readonly Query[]): Query {
  const parts: Query[] = []
  for (const part of of) {
    if (part.op === 'everything') return everything
    if (part.op === 'or') parts.push(...part.of)
    else if (part.op !== 'nothing') parts.push(part)
  }
  const [only] = parts
  if (only === undefined) return nothing
  return parts.length === 1 ? only : { op: 'or', of: parts }
}

/** The complement. */
export function not(of: Query): Query {
  if (of.op === 'everything') return nothing
  if (of.op === 'nothing') return everything
  return of.op === 'not' ? of.of : { op: 'not', of }
}

/** The scalar is one of a list, which is taken as it is: one that is frozen is stored and sent without being made again. */
export const scalarIn = (name: ScalarName, list: readonly (string | number | null)[]): Query =>
  list.length === 0 ? nothing : { op: 'scalar', name, in: list }

/** The scalar is one of `values`. */
export const scalar = (name: ScalarName, ...values: readonly (string | number | null)[]): Query =>
  scalarIn(name, values)

/** One of the row's keys is one of `keys`. */
export const key = (...keys: readonly string[]): Query => (keys.length === 0 ? nothing : { op: 'key', in: keys })
