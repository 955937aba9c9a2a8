/** R4's value sets, cut down to the codes that they hold. https://hl7.org/fhir/R4/valueset.html#compositions */
import { type Hierarchy, subsumedBy } from '../../resources/hierarchy.ts'
import type { CodesOfSystem, ValueSets } from '../../resources/value-set.ts'
import { hierarchyOf } from './hierarchy.ts'
import type { CodeSystem, Include, ValueSet } from './value-set.ts'

/** Value sets of more are not held. Of systems of more no codes are held: any code is of them. */
const mostCodes = 1000

/** By system: its codes in a value set; null for the whole system. */
type Codes = Map<string, ReadonlySet<string> | null>

interface Definitions {
  readonly sets: ReadonlyMap<string, ValueSet>
  readonly systems: ReadonlyMap<string, Hierarchy>
}

/** A value set that only a terminology can enumerate: caught in this file. */
class NotEnumerable extends Error {}

/** The codes that a rule chooses, where the hierarchy of the system is known. */
function chosen({ system = '', filter = [] }: Include, { systems }: Definitions): ReadonlySet<string> {
  const [rule, ...others] = filter
  const hierarchy = systems.get(system)
  if (rule === undefined || others.length > 0 || hierarchy === undefined || rule.property !== 'concept')
    throw new NotEnumerable()
  const below = subsumedBy(hierarchy, rule.value)
  if (rule.op === 'is-a') return below
  if (rule.op === 'descendent-of') return new Set([...below].filter(code => code !== rule.value))
  if (rule.op === 'is-not-a') return new Set([...hierarchy.keys()].filter(code => !below.has(code)))
  throw new NotEnumerable()
}

/** The codes of a part; null for a whole system. Some systems are published once a version. */
function codesOfPart(part: Include, definitions: Definitions): ReadonlySet<string> | null {
  if (part.concept !== undefined) return new Set(part.concept.map(({ code }) => code))
  if (part.filter !== undefined) return chosen(part, definitions)
  const ofVersion = definitions.systems.get(`${part.system}|${part.version}`)
  return ofVersion === undefined ? null : new Set(ofVersion.keys())
}

function add(codes: Codes, system: string, more: ReadonlySet<string> | null): void {
  const before = codes.get(system)
  codes.set(system, before === null || more === null ? null : new Set([...(before ?? []), ...more]))
}

function include(part: Include, definitions: Definitions, within: readonly string[]): Codes {
  const { system, valueSet: [imported, ...others] = [] } = part
  if (imported === undefined) return new Map([[system ?? '', codesOfPart(part, definitions)]])
  if (system !== undefined || others.length > 0) throw new NotEnumerable()
  return expand(imported.split('|')[0] ?? '', definitions, within)
}

function exclude(codes: Codes, part: Include): void {
  const { system = '', concept } = part
  const held = codes.get(system)
  if (concept === undefined || held === null) throw new NotEnumerable()
  const left = concept.map(({ code }) => code)
  if (held !== undefined) codes.set(system, new Set([...held].filter(code => !left.includes(code))))
}

function expand(url: string, definitions: Definitions, within: readonly string[] = []): Codes {
  const compose = definitions.sets.get(url)?.compose
  if (compose === undefined || within.includes(url)) throw new NotEnumerable()
  const codes: Codes = new Map()
  for (const part of compose.include)
    for (const [system, more] of include(part, definitions, [...within, url])) add(codes, system, more)
  for (const part of compose.exclude ?? []) exclude(codes, part)
  return codes
}

function partsOf(url: string, definitions: Definitions): readonly CodesOfSystem[] | null {
  try {
    const expanded = [...expand(url, definitions)]
    const listed = expanded.reduce((sum, [, codes]) => sum + (codes?.size ?? 0), 0)
    if (listed > mostCodes) return null
    return expanded.map(([system, codes]) => (codes === null ? { system } : { system, codes: [...codes] }))
  } catch (error) {
    if (error instanceof NotEnumerable) return null
    throw error
  }
}

/** @returns the codes of every value set, and of the systems that value sets take whole. */
export function cutValueSets(definitions: readonly (ValueSet | CodeSystem)[]): ValueSets {
  const sets = new Map<string, ValueSet>()
  const systems = new Map<string, Hierarchy>()
  for (const definition of definitions) {
    if (definition.resourceType === 'ValueSet') sets.set(definition.url, definition)
    const hierarchy = definition.resourceType === 'CodeSystem' ? hierarchyOf(definition) : undefined
    if (hierarchy !== undefined) systems.set(definition.url, hierarchy)
  }
  const parts = [...sets.keys()].map(url => [url, partsOf(url, { sets, systems })] as const)
  const whole = new Set(parts.flatMap(([, of]) => of ?? []).flatMap(({ system, codes }) => (codes ? [] : [system])))
  const held = [...whole].flatMap(system => {
    const codes = [...(systems.get(system)?.keys() ?? [])]
    return codes.length === 0 || codes.length > mostCodes ? [] : [[system, codes] as const]
  })
  return { systems: Object.fromEntries(held), sets: Object.fromEntries(parts) }
}
