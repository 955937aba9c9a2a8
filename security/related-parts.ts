/**
 * Parts that mean a resource with what it refers to (`related`), or with what refers to it (`dependents`), as the record
 * is now. https://hl7.org/fhir/R4/codesystem-consent-data-meaning.html, `access.md` section 4.
 */
import { referenceKey } from '../search/key.ts'
import { pointedBy } from '../search/pointed.ts'
import type { Facts } from './facts.ts'
import type { Limits, Part, PartRule, Reached, Target } from './part-rule.ts'

/** The search parameters whose keys tell to what a row of a type refers, by type. */
export type References = ReadonlyMap<string, readonly string[]>

/** A row of the record with its keys. */
export interface RelatedRow {
  readonly _id: string
  readonly type: string
  readonly id: string
  readonly depositor: string | null
  readonly keys: readonly string[]
}

/** Which rows must be known: those that are named by `Type/id`, and those with one of the keys. */
export interface Sought {
  readonly names: readonly string[]
  readonly keys: readonly string[]
}

/** What was found; `beyond`: there is more. */
export interface Related {
  readonly rows: readonly RelatedRow[]
  readonly beyond: boolean
}

/** @param parameters as `Type:code`. */
export function referencesOf(parameters: Iterable<string>): References {
  const codes = new Map<string, string[]>()
  for (const parameter of parameters) {
    const [type = '', code = ''] = parameter.split(':')
    const those = codes.get(type)
    if (those === undefined) codes.set(type, [code])
    else those.push(code)
  }
  return codes
}

const partsOf = ({ parts = [] }: Facts): readonly Part[] =>
  parts.flatMap(rule => [rule, ...rule.except]).flatMap(limits => limits.parts)

const nameOf = ({ type, id }: Pick<RelatedRow, 'type' | 'id'>): string => `${type}/${id}`

const keysTo = (names: readonly string[], codes: Iterable<string>): readonly string[] =>
  [...codes].flatMap(code => names.map(name => referenceKey(code, name)))

/** @returns the keys of a row of the type that refers to one of the resources. */
export const referringKeys = (names: readonly string[], type: string, references: References): readonly string[] =>
  keysTo(names, references.get(type) ?? [])

/** @returns the rows that must be known before the parts of these facts can be. */
export function soughtOf(facts: Facts, references: References): Sought {
  const parts = partsOf(facts)
  const dependents = new Set(parts.flatMap(part => part.dependents ?? []))
  const related = parts.flatMap(part => part.related ?? [])
  const codes = new Set([...references.values()].flat())
  return { names: [...new Set([...dependents, ...related])], keys: keysTo([...dependents], codes) }
}

/** `Type/id` of what a row refers to. */
const targetsOf = ({ type, keys }: RelatedRow, references: References): readonly string[] =>
  (references.get(type) ?? []).flatMap(code => pointedBy(keys, code).map(nameOf))

/** @returns `Type/id` of everything to which the resources refer that are meant with what they refer to. */
export function relatedTargets(facts: Facts, rows: readonly RelatedRow[], references: References): readonly string[] {
  const related = new Set(partsOf(facts).flatMap(part => part.related ?? []))
  const targets = rows.filter(row => related.has(nameOf(row))).flatMap(row => targetsOf(row, references))
  return [...new Set(targets)]
}

/** The record as far as it was looked up. */
interface Known extends Related {
  readonly references: References
  /** `_id`s by `Type/id` of what is referred to. */
  readonly idOf: (name: string) => string
}

function reachedBy({ related = [], dependents = [] }: Part, { rows, beyond, references, idOf }: Known): Reached {
  const named = rows.filter(row => related.includes(nameOf(row)) || dependents.includes(nameOf(row)))
  const targets = named
    .filter(row => related.includes(nameOf(row)))
    .flatMap(by => targetsOf(by, references).map((name): Target => ({ name, row: idOf(name), by })))
  const asked = new Map(
    [...references.keys()].map(type => [type, new Set(referringKeys(dependents, type, references))]),
  )
  const referring = rows.filter(({ type, keys }) => keys.some(key => asked.get(type)?.has(key)))
  const ids = [...named, ...referring].map(({ _id }) => _id)
  return { targets, rows: [...new Set(ids)], references, beyond }
}

/** @returns the facts with what their parts reach. */
export function withRelated(facts: Facts, known: Known): Facts {
  const reach = (part: Part): Part =>
    (part.related ?? part.dependents) === undefined ? part : { ...part, reached: reachedBy(part, known) }
  const within = <Given extends Limits>(limits: Given): Given => ({ ...limits, parts: limits.parts.map(reach) })
  const settled = (rule: PartRule): PartRule => ({ ...within(rule), except: rule.except.map(within) })
  return facts.parts === undefined ? facts : { ...facts, parts: facts.parts.map(settled) }
}
