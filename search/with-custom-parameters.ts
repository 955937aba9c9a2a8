/** The catalog with the search parameters that operators defined: they stand beside R4's own, or wait until they may. */
import type { Catalog, ServedType } from '../resources/catalog.ts'
import type { CompositeDefinition } from '../resources/composite-definition.ts'
import { fail, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { wholeComponents } from './custom-composite.ts'
import { type CustomParameter, typesOf } from './custom-parameter.ts'

/** A parameter that cannot be searched by yet, and why. */
export interface Pending {
  readonly parameter: CustomParameter
  readonly because: string
}

interface OfType {
  readonly definitions: readonly SearchParameterDefinition[]
  readonly composites: readonly CompositeDefinition[]
  readonly pending: readonly (readonly [code: string, because: string])[]
}

/** Inclusions that a reference parameter opens: from its type, and to the types that it names as targets. */
function inclusionsOf(
  ready: readonly CustomParameter[],
): readonly { readonly path: string; readonly to: readonly string[] }[] {
  return ready.flatMap(({ definitions }) =>
    [...definitions].flatMap(([type, { code, type: kind, target }]) =>
      kind === 'reference' ? [{ path: `${type}:${code}`, to: target }] : [],
    ),
  )
}

function widened(
  served: ServedType,
  { definitions, composites, pending }: OfType,
  inclusions: ReturnType<typeof inclusionsOf>,
) {
  const from = inclusions.filter(({ path }) => path.startsWith(`${served.type}:`)).map(({ path }) => path)
  const towards = served.type === 'AuditEvent' ? [] : inclusions.filter(({ to }) => to.includes(served.type))
  if (definitions.length + composites.length + pending.length + towards.length === 0) return served
  const own = [...definitions, ...composites.flatMap(wholeComponents)]
  return {
    ...served,
    parameters: new Map([...served.parameters, ...own.map(each => [each.code, each] as const)]),
    ...(composites.length === 0
      ? {}
      : { composites: new Map([...(served.composites ?? []), ...composites.map(each => [each.code, each] as const)]) }),
    includes: new Set([...served.includes, ...from]),
    revincludes: new Set([...served.revincludes, ...towards.map(({ path }) => path)]),
    ...(pending.length === 0 ? {} : { pending: new Map(pending) }),
  }
}

/** Returns `catalog` with `ready` among the parameters of their types, and `pending` refused by name. */
export function withCustomParameters(
  catalog: Catalog,
  ready: readonly CustomParameter[],
  pending: readonly Pending[],
): Catalog {
  if (ready.length + pending.length === 0) return catalog
  const inclusions = inclusionsOf(ready)
  const types = [...catalog.types].map(([type, served]) => {
    const definitions = ready.flatMap(each => each.definitions.get(type) ?? [])
    const composites = ready.flatMap(each => each.composites.get(type) ?? [])
    const waiting = pending.flatMap(({ parameter, because }) =>
      typesOf(parameter).includes(type) ? [[parameter.code, because] as const] : [],
    )
    return [type, widened(served, { definitions, composites, pending: waiting }, inclusions)] as const
  })
  return { ...catalog, types: new Map(types) }
}

/** The refusal of a parameter that is not ready; undefined for any other name. It holds for lenient searches too: without it they would find more. */
export function refusePending(served: ServedType | undefined, code: string): Result<never> | undefined {
  const because = served?.pending?.get(code)
  return because === undefined ? undefined : fail('parameterNotReady', `${code}: ${because}.`, `http.${code}`)
}
