/** Search parameters in scopes, read as searches are. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters */
import type { Catalog } from '../resources/catalog.ts'
import { parseSearch } from '../search/parse-search.ts'
import type { ScopeReader } from '../security/scope-query.ts'

/** Where and in which zone the searches of scopes are read. */
export interface ScopeSurroundings {
  readonly catalog: Catalog
  readonly zone: string
  readonly base: string
}

/** Whether a name shapes the result instead of choosing resources. */
const shapesResult = (name: string): boolean =>
  /^_(sort|count|total|summary|elements|contained|include|revinclude|format|pretty)\b/.test(name)

/** @returns a reader that gives undefined for what cannot be enforced on a single row: such a scope grants nothing. */
export const scopeReader =
  ({ catalog, zone, base }: ScopeSurroundings): ScopeReader =>
  (type, parameters, now) => {
    if (parameters.some(([name]) => shapesResult(name))) return undefined
    const search = parseSearch({ type, catalog, parameters, zone, now, base, lenient: false, maxCount: 1 })
    if (!search.ok || search.value.patients.length > 0) return undefined
    return search.value.query
  }
