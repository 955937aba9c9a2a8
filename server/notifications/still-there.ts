/** What of a deposit is still there to be found, when it is told at last. `docs/decisions/0035-notices.md` */
import { invisiblePatient, withdrawn } from '../../security/mask.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import type { Found, Store } from '../store/store.ts'

const isShown = ({ mask, hiddenUntil }: Found, now: number): boolean =>
  (mask & withdrawn) === 0 && ((mask & invisiblePatient) === 0 || (hiddenUntil !== null && hiddenUntil <= now))

/** The most documents that are looked at. Of more than these one is there; one that names none was not looked for. */
const most = 1000

/** What is told. */
export interface StillThere {
  /** The document whose masks the Communication takes from now on: none where an access is told. */
  readonly follows: readonly string[]
}

/** @returns undefined for a deposit of which nothing is left that the patient may see: it was deleted, withdrawn or hidden since. */
export async function stillThere(
  store: Pick<Store, 'rows'>,
  { topic, patient, about }: Pick<NoticeRow, 'topic' | 'patient' | 'about'>,
  now: number,
): Promise<StillThere | undefined> {
  if (topic !== 'deposit' || about.length === 0 || about.length > most) return { follows: [] }
  const restriction = systemRestriction('jobs', { collection: 'record', patient })
  const rows = await store.rows(restriction, 'DocumentReference', about)
  const shown = rows.find(row => isShown(row, now))
  return shown && { follows: [shown._id] }
}
