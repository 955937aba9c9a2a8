/** Which masks are in force on a row: its own, those of consents, and those of the documents that it follows. `access.md` section 5. */

/** The labels of a row, current or in the history. */
export interface Labelled {
  readonly ownMask: number
  readonly consentMask: number
  readonly mask: number
  /** Milliseconds since 1970. */
  readonly hiddenUntil: number | null
  readonly follows: readonly string[]
}

/** What a followed document passes on. */
export type Base = Pick<Labelled, 'mask' | 'hiddenUntil'>

/** The bit of INVISIBLE_PATIENT, the only mask that ends by itself. */
const invisiblePatient = 2

/** @returns what those who follow the row take from it. */
export const baseOf = ({ ownMask, consentMask, hiddenUntil }: Labelled): Base => ({
  mask: ownMask | consentMask,
  hiddenUntil,
})

export const sameBase = (one: Base, other: Base): boolean =>
  one.mask === other.mask && one.hiddenUntil === other.hiddenUntil

/**
 * @param bases what the followed documents pass on, by `_id`.
 * @returns the masks in force. A row keeps those that it has when a document that it follows was
 * destroyed; one that was deleted passes on what it did, and what a Consent says of it since.
 */
export function inForce(row: Labelled, bases: ReadonlyMap<string, Base>): Base {
  const followed = row.follows.flatMap(_id => bases.get(_id) ?? [])
  const kept = followed.length < row.follows.length ? row.mask : 0
  const mask = followed.reduce((bits, base) => bits | base.mask, row.ownMask | row.consentMask | kept)
  if ((mask & invisiblePatient) === 0) return { mask, hiddenUntil: null }
  const own = (row.ownMask & invisiblePatient) === 0 ? null : row.hiddenUntil
  const ends = [own, ...followed.map(base => ((base.mask & invisiblePatient) === 0 ? null : base.hiddenUntil))]
  const known = ends.filter(end => end !== null)
  return { mask, hiddenUntil: known.length === 0 ? row.hiddenUntil : Math.max(...known) }
}
