/** What a unit learns that writes more rules than a record has room for. `access.md` section 4 */
import { fail, type Result } from '../../../resources/outcome.ts'
import type { Item } from './item.ts'

const ruling: ReadonlySet<string> = new Set(['Consent', 'CareTeam', 'RelatedPerson', 'Patient'])

/** Fails with 422 at the first rule of the unit. */
export const fullRecord = (items: readonly Item[]): Result<never> =>
  fail(
    'refusedByRule',
    'expected at most 1000 consents, care teams and related persons in a record, and what they name within 2 MiB (of data with the meanings related and dependents at most 500), one half of it by others than the patient, found more: delete what holds no more, or say it in fewer',
    items.find(({ type }) => ruling.has(type))?.path,
  )
