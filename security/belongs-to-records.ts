/** Whether resources of a type live in patients' records or in the directory. `access.md` section 9. */
import type { Catalog } from '../resources/catalog.ts'

/** In records, although no parameter of their own places them there: the patient himself, and what a document points to. */
const always: ReadonlySet<string> = new Set(['Patient', 'Binary', 'Provenance'])

/** Whether the type belongs to records. A type that is not served does: what is not known is protected. */
export function belongsToRecords(catalog: Pick<Catalog, 'types'>, type: string): boolean {
  const served = catalog.types.get(type)
  return served === undefined || always.has(type) || served.compartment.length > 0
}
