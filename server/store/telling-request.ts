/** What the store is given to tell of an access. `docs/decisions/0035-notices.md` */
import type { Notice } from '../../security/notices.ts'

/** What an access tells, and who is known as a reader of the record from then on. */
export interface Telling {
  readonly patient: string
  readonly notices: readonly Notice[]
  readonly newReader: string | null
}
