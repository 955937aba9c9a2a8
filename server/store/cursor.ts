/** What a reply says of a cursor. https://www.mongodb.com/docs/manual/reference/command/find/#output */
import type { Walked } from './bson-walker.ts'

export interface Batch {
  readonly id: Walked
  readonly firstBatch?: readonly Buffer[]
  readonly nextBatch?: readonly Buffer[]
}

/** 0 says that there is no more; the driver gives larger ids as objects. */
export const isOver = (cursor: Walked): boolean => cursor === 0

/**
 * @returns the cursor as a command names it. An id is any integer of 64 bits; one in about a thousand is small enough to be
 * read as a number, and would be written as a double, which the database refuses as a cursor.
 */
export const cursorNamed = (id: Walked): Walked => (typeof id === 'number' ? BigInt(id) : id)
