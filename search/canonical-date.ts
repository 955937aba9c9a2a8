/** The date that orders the rows of a record. `access.md` section 5. */
import type { ServedType } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { compileWalker, type Walk } from './compile-walker.ts'
import { elementInterval, openLow } from './date-interval.ts'

/** By type: where the date is, the first that is there counts. Other types: the element of their parameter `date`. */
const canonicalElements: ReadonlyMap<string, readonly string[]> = new Map([
  ['AllergyIntolerance', ['AllergyIntolerance.recordedDate', onsetOf('AllergyIntolerance')]],
  ['Condition', ['Condition.recordedDate', onsetOf('Condition')]],
  ['DiagnosticReport', ['DiagnosticReport.effective']],
  ['DocumentReference', ['DocumentReference.context.period', 'DocumentReference.date']],
  ['Immunization', ['Immunization.occurrence']],
  ['MedicationRequest', ['MedicationRequest.authoredOn']],
  ['MedicationStatement', ['MedicationStatement.effective']],
  ['Observation', ['Observation.effective']],
  ['Procedure', ['Procedure.performed']],
])

function onsetOf(type: string): string {
  return `${type}.onset.as(dateTime) | ${type}.onset.as(Period)`
}

function elementsOf({ type, parameters }: ServedType): readonly string[] {
  const listed = canonicalElements.get(type)
  const date = parameters.get('date')
  return listed ?? (date?.type === 'date' ? [date.expression] : [])
}

/** Whether a sort by this parameter is the order of the canonical date. */
export const isCanonicalDate = (served: ServedType, { type, expression }: SearchParameterDefinition): boolean =>
  type === 'date' && elementsOf(served)[0] === expression.trim()

/** Where the first of the intervals begins that has a beginning. */
function firstStart(resource: Resource, walks: readonly Walk[], zone: string): number | undefined {
  for (const walk of walks) {
    for (const { value } of walk(resource)) {
      const low = elementInterval(value, zone)?.low
      if (low !== undefined && low > openLow) return low
    }
  }
  return undefined
}

/** Returns the canonical date of a resource in milliseconds since 1970; `firstDeposit` when it has none. */
export type CanonicalDate = (resource: Resource, firstDeposit: number) => number

/** Compiles the table for all served types; dates without a zone are in `zone`. Fails, naming the expression, on one that cannot be compiled. */
export function compileCanonicalDate(types: Iterable<ServedType>, zone: string): Result<CanonicalDate> {
  const walksOf = new Map<string, readonly Walk[]>()
  for (const served of types) {
    const walks: Walk[] = []
    for (const expression of elementsOf(served)) {
      const walk = compileWalker(expression, served.type)
      if (!walk.ok) return walk
      walks.push(walk.value)
    }
    walksOf.set(served.type, walks)
  }
  return ok(
    (resource, firstDeposit) => firstStart(resource, walksOf.get(resource.resourceType) ?? [], zone) ?? firstDeposit,
  )
}
