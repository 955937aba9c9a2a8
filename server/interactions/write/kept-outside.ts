/** What was kept outside of records as nobody's does not become a patient's: its row and its id stay where they are. `access.md` section 9 */
import { patientReferences } from '../../../resources/compartment.ts'
import { fail, type Result } from '../../../resources/outcome.ts'
import { collectionOf } from './fresh.ts'
import type { Settled } from './item.ts'
import type { Settling } from './settling.ts'

/** @returns the refusal (422) of the first item that gives a patient to what is kept outside of records; undefined where none does. */
export function becomesSomebodys(settling: Settling, all: readonly Settled[]): Result<never> | undefined {
  if (settling.record.patient === null) return undefined
  const { catalog } = settling.context
  for (const { item, collection, existing } of all) {
    const { type, written, path } = item
    if (collection === 'record' || existing !== undefined || written === undefined) continue
    if (collectionOf(settling, item) === 'directory') continue
    const placement = patientReferences(written.resource, catalog.types.get(type)?.compartmentPaths ?? [])
    if (placement.kind !== 'patient') continue
    const [{ path: element }] = placement.references
    const expected = `expected no patient, because this ${type} was kept as nobody's: create one for the patient, and delete this`
    return fail('refusedByRule', expected, `${path}${element.slice(type.length)}`)
  }
  return undefined
}
