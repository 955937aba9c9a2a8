/** The codes of a ValueSet that is kept as a resource. https://hl7.org/fhir/R4/valueset.html#compositions */
import { type Hierarchies, subsumedBy } from '../resources/hierarchy.ts'
import type { Resource } from '../resources/resource.ts'
import { type CodesOfSystem, codesOf, type ValueSets } from '../resources/value-set.ts'
import { isObject, listOf, textOf } from './element.ts'

/** What is known of R4's codes. */
export interface KnownCodes {
  readonly valueSets?: ValueSets | undefined
  readonly hierarchies?: Hierarchies | undefined
}

type Part = Readonly<Record<string, unknown>>

/** The codes that a rule chooses, where the hierarchy of the system is known. */
function chosen(system: string, rules: readonly unknown[], { hierarchies }: KnownCodes): readonly string[] | undefined {
  const [rule, ...others] = rules
  const hierarchy = hierarchies?.(system)
  if (others.length > 0 || !isObject(rule) || rule.property !== 'concept' || hierarchy === undefined) return undefined
  const code = textOf(rule.value) ?? ''
  const below = subsumedBy(hierarchy, code)
  if (below.size === 0) return undefined
  if (rule.op === 'is-a') return [...below]
  if (rule.op === 'descendent-of') return [...below].filter(each => each !== code)
  return rule.op === 'is-not-a' ? [...hierarchy.keys()].filter(each => !below.has(each)) : undefined
}

/** The parts of a value set of R4 that another imports. */
function imported(part: Part, { valueSets }: KnownCodes): readonly CodesOfSystem[] | undefined {
  const [canonical, ...others] = listOf(part.valueSet)
  const [url = '', version = '4.0.1'] = (textOf(canonical) ?? '').split('|')
  if (others.length > 0 || part.system !== undefined || version !== '4.0.1' || valueSets === undefined) return undefined
  return codesOf(valueSets, url) ?? undefined
}

/** What a part takes in, or leaves out; a system without codes is the whole of it. */
function codesOfPart(part: unknown, known: KnownCodes): readonly CodesOfSystem[] | undefined {
  if (!isObject(part)) return undefined
  if (part.valueSet !== undefined) return imported(part, known)
  const system = textOf(part.system)
  if (system === undefined) return undefined
  if (part.concept !== undefined) {
    const codes = listOf(part.concept).flatMap(each => (isObject(each) ? (textOf(each.code) ?? []) : []))
    return [{ system, codes }]
  }
  if (part.filter === undefined) return [{ system }]
  const codes = chosen(system, listOf(part.filter), known)
  return codes && [{ system, codes }]
}

/** The parts without what is left out; undefined where that is a part of a system that is taken whole. */
function without(
  parts: readonly CodesOfSystem[],
  { system, codes }: CodesOfSystem,
): readonly CodesOfSystem[] | undefined {
  const others = parts.filter(part => part.system !== system)
  if (codes === undefined) return others
  const left = new Set(codes)
  const kept = parts.filter(part => part.system === system)
  if (kept.some(part => part.codes === undefined)) return undefined
  return [...others, ...kept.map(part => ({ system, codes: part.codes?.filter(code => !left.has(code)) ?? [] }))]
}

/** Returns the codes that a ValueSet holds, by system; undefined of one whose codes are not known. */
export function codesKept({ compose }: Resource, known: KnownCodes): readonly CodesOfSystem[] | undefined {
  if (!isObject(compose)) return undefined
  let parts: readonly CodesOfSystem[] = []
  for (const each of listOf(compose.include)) {
    const more = codesOfPart(each, known)
    if (more === undefined) return undefined
    parts = [...parts, ...more]
  }
  for (const each of listOf(compose.exclude)) {
    const less = codesOfPart(each, known)
    for (const part of less ?? [undefined]) {
      const left = part && without(parts, part)
      if (left === undefined) return undefined
      parts = left
    }
  }
  return parts
}
