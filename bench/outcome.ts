/** What every way to run the benchmark is given, and gives. */
import type { ClosingOrder } from '../server/closing-order.ts'
import type { Options } from './options.ts'
import type { Say } from './stage.ts'

export interface Run {
  readonly options: Options
  /** Ends what was started, whatever happens. */
  readonly order: ClosingOrder
  readonly say: Say
}

export interface Outcome {
  /** For `--json`. */
  readonly report: object
  /** For a person. */
  readonly text: string
  /** Whether a promise was broken, as far as this run looks at promises. */
  readonly broken?: boolean
}
