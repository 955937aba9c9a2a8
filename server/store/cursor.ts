/** What a reply says of a cursor. https://www.mongodb.com/docs/manual/reference/command/find/#output */
import type { Walked } from './bson-walker.ts'

export interface Batch {
  readonly id: Walked
  readonly firstBatch?: readonly Buffer[]
  readonly nextBatch?: readonly Buffer[]
}

/** 0 says that there is no more; the driver gives larger ids as objects. */
export const isOver = (cursor: Walked): boolean => cursor === 0
