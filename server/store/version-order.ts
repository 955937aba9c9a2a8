/** The order of a history: the newest first; what was written together, by id and version. https://hl7.org/fhir/R4/http.html#history */
import type { Order, Position } from './position.ts'

/** `_id` of a version in the history: the versions of a row stand beside each other, in order. */
export const versionKey = (_id: string, version: number): string => `${_id}/${String(version).padStart(10, '0')}`

interface Version {
  readonly _id: string
  readonly version: number
  readonly updated: number
}

/** The order of versions in the history. Current rows are ordered alike: their ids are as long as each other. */
export const newestVersions: Order = { by: 'updated', descending: true }

/** @returns the key of a version: where it stands, or will stand, in the history. */
export const keyOf = ({ _id, version }: Pick<Version, '_id' | 'version'>): string => versionKey(_id, version)

/** @returns the position of a version in the order. */
export const positionOfVersion = (version: Version): Position => ({ value: version.updated, tie: keyOf(version) })

/** @returns the same position among current rows. A row that was current then has no older version among them. */
export const amongCurrent = ({ value, tie }: Position): Position => ({ value, tie: String(tie).split('/')[0] ?? '' })

/** The comparison of the order. */
export function compareVersions(one: Version, other: Version): number {
  if (one.updated !== other.updated) return other.updated - one.updated
  const [mine, theirs] = [keyOf(one), keyOf(other)]
  return mine < theirs ? 1 : mine > theirs ? -1 : 0
}
