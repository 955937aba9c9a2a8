/** Code systems that are kept as resources: `:above` and `:below` ask by their hierarchies where R4 has none of the system. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import type { Hierarchy } from '../resources/hierarchy.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { alternativesIn } from './alternatives.ts'
import { isObject, listOf, textOf } from './element.ts'
import { fit } from './fold.ts'
import { exactKey } from './key.ts'
import type { Asked } from './parameter-type.ts'
import { key, type Query } from './query.ts'
import type { MemberCriterion, WantedCode } from './search-request.ts'
import { mediaTypes, readCode, readSubsumption } from './subsumption.ts'
import { mostValueSets } from './value-set.ts'

/** What finds a code system among the kept ones. */
export const codeSystemNamed = (system: string): Query => key(exactKey('url', fit(system)))

/**
 * Reads `:above` and `:below` where code systems are kept; undefined where R4 has a hierarchy of all systems that are
 * named: those are R4's own.
 */
export function readKeptSubsumption(
  asked: Asked,
  direction: WantedCode['direction'],
): Result<MemberCriterion> | undefined {
  const { definition, surroundings } = asked
  const alternatives = alternativesIn(definition.code, asked.value)
  if (!alternatives.ok) return alternatives
  const [known, subsumed]: [Query[], WantedCode[]] = [[], []]
  for (const value of alternatives.value) {
    const named = readCode({ ...asked, value })
    if (!named.ok) return named
    const { system } = named.value
    const ofR4 = (system === mediaTypes && direction === 'below') || surroundings.hierarchies?.(system) !== undefined
    const query = ofR4 ? readSubsumption({ ...asked, value }, direction) : undefined
    if (query === undefined) subsumed.push({ ...named.value, direction })
    else if (query.ok) known.push(query.value)
    else return query
  }
  if (subsumed.length === 0) return undefined
  return subsumed.length > mostValueSets
    ? fail(
        'tooCostly',
        `${definition.code}: expected at most ${mostValueSets} codes of code systems that are kept here, found more.`,
        `http.${definition.code}`,
      )
    : ok({ definition, known, kept: [], subsumed, negated: false })
}

/** The properties of a concept that R4 defines for hierarchies of several parents: which of the two is above. */
const properties: ReadonlyMap<string, 'above' | 'below'> = new Map([
  ['parent', 'above'],
  ['subsumedBy', 'above'],
  ['child', 'below'],
])

/** The concepts directly below one, by their place. */
const codesOf = (concepts: unknown): readonly string[] =>
  listOf(concepts).flatMap(each => (isObject(each) ? (textOf(each.code) ?? []) : []))

/** Pairs of a code and one directly below it, as a concept says them. */
function edgesOf(code: string, { concept, property }: Readonly<Record<string, unknown>>) {
  const edges = codesOf(concept).map((child): readonly [string, string] => [code, child])
  for (const each of listOf(property)) {
    const [name = '', value] = isObject(each) ? [textOf(each.code), textOf(each.valueCode)] : []
    const side = properties.get(name)
    if (value !== undefined && side !== undefined) edges.push(side === 'below' ? [code, value] : [value, code])
  }
  return edges
}

/** Returns which codes stand below which in a CodeSystem that lists all of them; undefined of one that does not say that this means *is a*. */
export function hierarchyKept({ content, hierarchyMeaning, concept }: Resource): Hierarchy | undefined {
  if (content !== 'complete' || hierarchyMeaning !== 'is-a') return undefined
  const hierarchy = new Map<string, string[]>()
  const edges: (readonly [string, string])[] = []
  const left = [...listOf(concept)]
  for (const each of left) {
    const code = isObject(each) ? textOf(each.code) : undefined
    if (!isObject(each) || code === undefined) continue
    hierarchy.set(code, [])
    for (const child of listOf(each.concept)) left.push(child)
    for (const edge of edgesOf(code, each)) edges.push(edge)
  }
  for (const [above, below] of edges) hierarchy.get(above)?.push(below)
  return hierarchy
}
