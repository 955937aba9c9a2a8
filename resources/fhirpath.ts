/** FHIRPath on a resource: the only file that names the library. https://hl7.org/fhirpath/N1/ */
import fhirpath, { type Model } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import type { Resource } from './resource.ts'

const pathOf = (type: string): string => `'(^|/)${type}/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?$'`

/** A reference to a resource of this type, as far as its text says; one whose text does not, as its `type` says. */
const refersTo = (type: string): string =>
  `.where(iif(reference.exists() and reference.matches(${pathOf('[A-Z][A-Za-z]+')}), \
reference.matches(${pathOf(type)}), type.matches('(^|/)${type}$')))`

/** `X.where(resolve() is T)`: what X refers to is of type T; and `X as T`, which the library refuses on several values. */
const rewritten: readonly (readonly [RegExp, (...groups: readonly string[]) => string])[] = [
  [/\.where\(resolve\(\) is (\w+)\)/g, (_, type = '') => refersTo(type)],
  [/\(([\w.]+) as (\w+)\)/g, (_, path, type) => `${path}.ofType(${type})`],
  [/\.as\((\w+)\)/g, (_, type) => `.ofType(${type})`],
]

/**
 * Returns what an expression selects, ready to be asked of many resources. An expression of a search parameter never
 * resolves a reference: the type of a target is read from the reference itself.
 * @throws when the expression is not FHIRPath.
 */
export function compileExpression(expression: string): (resource: Resource) => readonly unknown[] {
  const safe = rewritten.reduce((text, [from, to]) => text.replace(from, to), expression)
  const select = fhirpath.compile(safe, r4 as Model, { async: false })
  return resource => select(structuredClone(resource))
}

/** Returns what `expression` selects in `resource`, as JSON values. @throws when the expression is not FHIRPath. */
export const evaluate = (expression: string, resource: Resource): readonly unknown[] =>
  compileExpression(expression)(resource)

/** Where an element stands: the names of elements from the root, each with its place where the element repeats. */
export type ElementPlace = readonly { readonly name: string; readonly index: number | undefined }[]

/** A node of the library: the element above it, and its name and place there. */
interface PlacedNode {
  readonly parentResNode: PlacedNode | null
  readonly propName: string | null
  readonly index: number | null
}

const isPlaced = (found: unknown): found is PlacedNode =>
  typeof found === 'object' && found !== null && 'parentResNode' in found

/** @returns the way from the root; undefined for a value that the expression made and that stands nowhere. */
function placeOf(found: unknown): ElementPlace | undefined {
  if (!isPlaced(found)) return undefined
  const steps: { name: string; index: number | undefined }[] = []
  for (let node: PlacedNode | null = found; node !== null && node.parentResNode !== null; node = node.parentResNode) {
    if (node.propName === null) return undefined
    steps.unshift({ name: node.propName, index: node.index ?? undefined })
  }
  return steps
}

/**
 * @param resource is not changed.
 * @returns where the elements stand that the expression selects; undefined when it selects something else.
 * @throws when the expression is not FHIRPath.
 */
export function placesOf(expression: string, resource: unknown): readonly ElementPlace[] | undefined {
  const options = { async: false, resolveInternalTypes: false } as const
  const found: readonly unknown[] = fhirpath.evaluate(resource, expression, {}, r4 as Model, options)
  const places = found.map(placeOf)
  const known = places.filter(place => place !== undefined)
  return known.length === places.length ? known : undefined
}

/** A node of a parsed expression. */
export interface ExpressionNode {
  readonly type: string
  readonly text?: string
  readonly children?: readonly ExpressionNode[]
}

/** @returns the parsed expression. @throws when it is not FHIRPath. */
export const parseExpression = (expression: string): ExpressionNode => fhirpath.parse(expression) as ExpressionNode
