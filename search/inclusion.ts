/** What `_include` and `_revinclude` follow. https://hl7.org/fhir/R4/search.html#revinclude */
import type { Catalog } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { compileWalker, type Walk } from './compile-walker.ts'
import { isObject, textOf } from './element.ts'
import { referenceKey } from './key.ts'
import { key, type Query } from './query.ts'
import { localTarget } from './reference-target.ts'
import type { Inclusion } from './search-request.ts'

/** Returns the resources of this server, as `Type/id`, to which the references that `walk` selects point, each once. */
export function referencesOf(resource: Resource, walk: Walk, base: string): readonly string[] {
  const targets = new Set<string>()
  for (const { value } of walk(resource)) {
    const reference = isObject(value) ? textOf(value.reference) : undefined
    const target = reference === undefined ? undefined : localTarget(reference, base)
    if (target !== undefined) targets.add(`${target.type}/${target.id}`)
  }
  return [...targets]
}

/** Returns the `Type/id` that `inclusion` follows from a resource of its source type; none from another. */
export type Follow = (inclusion: Inclusion, resource: Resource) => readonly string[]

/** Compiles every reference parameter of the catalog. Fails, naming the expression, on one that cannot be compiled. */
export function compileFollow({ types }: Catalog, base: string): Result<Follow> {
  const walks = new Map<string, Walk>()
  for (const served of types.values()) {
    for (const { code, type, expression } of served.parameters.values()) {
      if (type !== 'reference') continue
      const walk = compileWalker(expression, served.type)
      if (!walk.ok) return walk
      walks.set(`${served.type}:${code}`, walk.value)
    }
  }
  return ok(({ source, code, target }, resource) => {
    const walk = walks.get(`${source}:${code}`)
    if (walk === undefined || resource.resourceType !== source) return []
    const followed = referencesOf(resource, walk, base)
    return target === undefined ? followed : followed.filter(reference => reference.startsWith(`${target}/`))
  })
}

/**
 * The rows that point by the parameter `code` to one of `targets` (`Type/id`). References to a Patient by `patient` or
 * `subject` make no keys: for these ask the scalar `patient`, then keep the rows from which `Follow` leads back.
 */
export const pointingTo = (code: string, targets: readonly string[]): Query =>
  key(...targets.map(target => referenceKey(code, target)))
