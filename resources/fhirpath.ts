/** FHIRPath on a resource: the only file that names the library. https://hl7.org/fhirpath/N1/ */
import fhirpath, { type Model } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import type { Resource } from './resource.ts'

/** A reference to a resource of this type, as far as its text or its `type` says. */
const refersTo = (type: string): string =>
  `.where(reference.matches('(^|/)${type}/[A-Za-z0-9.-]+(/_history/[A-Za-z0-9.-]+)?$') or type = '${type}')`

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
