/** What a unit learns that was to open a record under an INS which somebody holds already. `access.md` section 3 */
import { fail, type Result } from '../../../resources/outcome.ts'
import { noRecord } from '../../../security/writes/state.ts'
import { opposed } from '../patient-names.ts'
import type { Item } from './item.ts'
import type { Settling } from './settling.ts'

/**
 * @returns the answer for a person who opposed, which is that of a closed record; 409 for one who has a record; `again`
 * where the Patient was asked for only if there is none.
 */
export async function openedAlready(
  { context }: Settling,
  items: readonly Item[],
  key: string,
): Promise<Result<never> | 'again'> {
  const [line] = await context.store.registered([key])
  if (line?.resource === opposed) return noRecord()
  const patient = items.find(({ type }) => type === 'Patient')
  if (patient?.ifNoneExist !== undefined || patient?.criteria !== undefined) return 'again'
  return fail(
    'conflict',
    'expected a patient who has no record, found one who has',
    `${patient?.path ?? 'Patient'}.identifier`,
  )
}
