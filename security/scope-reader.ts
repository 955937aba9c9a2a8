/** Search parameters of a scope → a query on single rows. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Catalog } from '../resources/catalog.ts'
import { parseSearch } from '../search/parse-search.ts'
import type { ScopeReader } from './scope-query.ts'

/**
 * Reads scopes as searches are read, never leniently.
 * @returns a reader which grants nothing for what is no search of the type, and for a parameter that names the patient:
 * which records a token opens is said by its context.
 */
export const scopeReader =
  (catalog: Catalog, { zone, base }: { readonly zone: string; readonly base: string }): ScopeReader =>
  (type, parameters, now) => {
    const read = parseSearch({ type, catalog, parameters, zone, now, base, lenient: false, maxCount: 1 })
    return read.ok && read.value.patients.length === 0 ? read.value.query : undefined
  }
