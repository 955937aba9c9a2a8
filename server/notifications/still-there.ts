/** Whether what was deposited is still there to be found, when it is told at last. `docs/decisions/0035-notices.md` */
import { invisiblePatient, withdrawn } from '../../security/mask.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import type { Found, Store } from '../store/store.ts'

const isShown = ({ mask, hiddenUntil }: Found, now: number): boolean =>
  (mask & withdrawn) === 0 && ((mask & invisiblePatient) === 0 || (hiddenUntil !== null && hiddenUntil <= now))

/** The most documents that are looked at: of more than these one is there. */
const most = 1000

/** @returns false for a deposit of which nothing is left that the patient may see: it was deleted, withdrawn or hidden since. */
export async function isStillThere(
  store: Pick<Store, 'rows'>,
  { topic, patient, about }: Pick<NoticeRow, 'topic' | 'patient' | 'about'>,
  now: number,
): Promise<boolean> {
  if (topic !== 'deposit' || about.length > most) return true
  const restriction = systemRestriction('jobs', { collection: 'record', patient })
  const rows = await store.rows(restriction, 'DocumentReference', about)
  return rows.some(row => isShown(row, now))
}
