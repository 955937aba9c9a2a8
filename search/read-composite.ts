/** Composite parameters: `first$second`, both of one element. https://hl7.org/fhir/R4/search.html#composite */
import type { CompositeDefinition, CompositePlace } from '../resources/composite-definition.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { alternativesIn } from './alternatives.ts'
import { splitEscaped } from './escape.ts'
import { parameterTypes } from './parameter-types.ts'
import { and, or, type Query } from './query.ts'
import type { Effect, Reading } from './search-effect.ts'

interface Composite {
  readonly definition: CompositeDefinition
  readonly modifier: string
  readonly value: string
}

/** What the parts ask where the components stand; the failure names the composite, not its component. */
function readAt({ element, components }: CompositePlace, parts: readonly string[], reading: Reading): Result<Query> {
  const queries: Query[] = []
  for (const [at, definition] of components.entries()) {
    const asked = { definition, modifier: '', value: parts[at] ?? '', surroundings: reading.surroundings }
    const query = parameterTypes[definition.type].parse(asked)
    if (!query.ok) return query
    queries.push(query.value)
  }
  const all = and(...queries)
  return ok(element === '' ? all : { op: 'element', name: element, of: all })
}

/** Reads one value, `first$second`; a comma in it separates nothing. */
export function readCompositeValue(
  { code, places }: CompositeDefinition,
  value: string,
  reading: Reading,
): Result<Query> {
  const parts = splitEscaped(value, '$')
  const names = places[0]?.components.map(component => component.code) ?? []
  if (parts.length !== names.length || parts.some(part => part.trim() === '')) {
    return fail('badParameter', `${code}: expected ${names.join('$')}, with a $ between the values.`, `http.${code}`)
  }
  const alternatives: Query[] = []
  for (const place of places) {
    const query = readAt(place, parts, reading)
    if (!query.ok) {
      const [{ diagnostics }] = query.failure.complaints
      return fail(query.failure.kind, `${code}, in its part ${diagnostics}`, `http.${code}`)
    }
    alternatives.push(query.value)
  }
  return ok(or(...alternatives))
}

/** Reads one composite parameter with all its alternatives. It takes no modifier. */
export function readComposite({ definition, modifier, value }: Composite, reading: Reading): Result<Effect> {
  const { code } = definition
  if (modifier !== '') {
    return fail(
      'unknownParameter',
      `${code}: a composite parameter takes no modifier; found :${modifier}.`,
      `http.${code}`,
    )
  }
  const alternatives = alternativesIn(code, value)
  if (!alternatives.ok) return alternatives
  const queries: Query[] = []
  for (const alternative of alternatives.value) {
    const query = readCompositeValue(definition, alternative, reading)
    if (!query.ok) return query
    queries.push(query.value)
  }
  return ok({ query: or(...queries) })
}
