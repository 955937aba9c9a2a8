/** What is known of a unit while its items find their rows and are judged. */
import type { Facts } from '../../../security/facts.ts'
import type { Call, Context } from '../interaction.ts'
import type { FoundBefore } from './found-before.ts'
import type { UnitRecord } from './item.ts'
import type { KeptBytes } from './kept-bytes.ts'

/** Everything an item needs to find its row. */
export interface Settling {
  readonly context: Context
  readonly call: Call
  readonly record: UnitRecord
  readonly facts: Facts | undefined
  /** One instant for all that is written together; milliseconds since 1970. */
  readonly now: number
  /** Keys of records that were merged into this one, in whose name the unit is deposited. */
  readonly names: readonly string[]
  /** `_id`s of the rows that the unit deletes, which is done before anything else. */
  readonly gone: ReadonlySet<string>
  readonly kept: KeptBytes
  readonly found: FoundBefore
}
