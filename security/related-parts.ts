/**
 * Parts that mean a resource with what it refers to (`related`), or with what refers to it (`dependents`), as the record
 * is now. https://hl7.org/fhir/R4/codesystem-consent-data-meaning.html, `access.md` section 4.
 */
import { referenceKey } from '../search/key.ts'
import { pointedBy } from '../search/pointed.ts'
import { coveredSince } from './covered-since.ts'
import type { Facts } from './facts.ts'
import type { Limits, News, Part, PartRule, Reached, Target } from './part-rule.ts'

/** The search parameters whose keys tell to what a row of a type refers, by type. */
export type References = ReadonlyMap<string, readonly string[]>

/** A row of the record with its keys. */
export interface RelatedRow {
  readonly _id: string
  readonly type: string
  readonly id: string
  readonly depositor: string | null
  readonly keys: readonly string[]
  /** Of a former version: when it ended, in milliseconds since 1970. */
  readonly ended?: number
}

/** Which rows must be known: those that are named by `Type/id`, and those that refer to one. */
export interface Sought {
  readonly names: readonly string[]
  readonly referringTo: readonly string[]
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

/** Whether it means resources with what they refer to, or what refers to them. */
export const isRelated = (part: Part): boolean => (part.related ?? part.dependents) !== undefined

const nameOf = ({ type, id }: Pick<RelatedRow, 'type' | 'id'>): string => `${type}/${id}`

/** @returns the keys of a row of the type that refers to one of the resources. */
export const referringKeys = (names: readonly string[], type: string, references: References): readonly string[] =>
  (references.get(type) ?? []).flatMap(code => names.map(name => referenceKey(code, name)))

/** @returns the rows that must be known before the parts of these facts can be. */
export const soughtOf = (facts: Facts): Sought => soughtBy(partsOf(facts))

/** @returns the rows that must be known for these parts. */
export function soughtBy(parts: readonly Part[]): Sought {
  const dependents = new Set(parts.flatMap(part => part.dependents ?? []))
  const related = parts.flatMap(part => part.related ?? [])
  return { names: [...new Set([...dependents, ...related])], referringTo: [...dependents] }
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
  /** Versions that were superseded or deleted. */
  readonly formers?: Related
  /** What was there before anything was looked up. */
  readonly news?: News
  readonly references: References
  /** `_id`s by `Type/id` of what is referred to. */
  readonly idOf: (name: string) => string
  /** Most `_id`s and names of all parts together; every query of a row holds them. */
  readonly most?: number
}

/** The rows of which a part is made, and for a denial the former versions that it covers. */
interface Within extends Known {
  readonly covered: Related
}

const nothingCovered: Related = { rows: [], beyond: false }

/** What a denial covered stays covered, whatever became of what it was related by: that is not for others to decide. */
function coveredBy(rule: PartRule, facts: Facts, { formers = nothingCovered }: Known): Related {
  if (rule.effect === 'permit') return nothingCovered
  const since = coveredSince(facts, rule)
  return { ...formers, rows: formers.rows.filter(({ ended = 0 }) => ended > since) }
}

const onceEach = (rows: readonly RelatedRow[]): Reached['referring'] => [
  ...new Map(rows.map(each => [each._id, { name: nameOf(each), row: each._id }])).values(),
]

function reachedBy(part: Part, within: Within, effect: PartRule['effect']): Reached {
  const { related = [], dependents = [] } = part
  const { covered, references, idOf } = within
  const rows = [...within.rows, ...covered.rows]
  const named = rows.filter(row => related.includes(nameOf(row)) || dependents.includes(nameOf(row)))
  const targets = named
    .filter(row => related.includes(nameOf(row)))
    .flatMap(by => targetsOf(by, references).map((name): Target => ({ name, row: idOf(name), by })))
  const asked = new Map(
    [...references.keys()].map(type => [type, new Set(referringKeys(dependents, type, references))]),
  )
  const referring = rows.filter(({ type, keys }) => keys.some(key => asked.get(type)?.has(key)))
  const ids = [...named, ...referring].map(({ _id }) => _id)
  return {
    ...{ targets, rows: [...new Set(ids)], references, beyond: within.beyond || covered.beyond },
    referring: effect === 'deny' ? onceEach(referring) : [],
    ...(effect === 'permit' || within.news === undefined ? {} : { news: within.news }),
  }
}

/** Some 200 KB of `_id`s, which a search of every type repeats for each type. */
const mostReached = 4000

const sizeOf = ({ reached }: Part): number =>
  reached === undefined ? 0 : reached.targets.length + reached.rows.length + reached.referring.length

/** The same with fewer: then a denial is of everything. */
function cut(part: Part, most: number): Part {
  const { reached } = part
  if (reached === undefined) return part
  const [targets, rows] = [reached.targets.slice(0, most), reached.rows.slice(0, most)]
  return { ...part, reached: { ...reached, targets, rows, referring: [], beyond: true } }
}

const eachPart = <Given extends Limits>(limits: Given, become: (part: Part) => Part): Given => ({
  ...limits,
  parts: limits.parts.map(become),
})

/** @returns the facts with what their parts reach. */
export function withRelated(facts: Facts, known: Known): Facts {
  const reach = (part: Part, covered: Related, effect: PartRule['effect']): Part =>
    isRelated(part) ? { ...part, reached: reachedBy(part, { ...known, covered }, effect) } : part
  const settled = (rule: PartRule): PartRule => {
    const covered = coveredBy(rule, facts, known)
    const opens = (part: Part): Part => reach(part, nothingCovered, 'permit')
    const except = rule.except.map(limits => eachPart(limits, opens))
    return { ...eachPart(rule, part => reach(part, covered, rule.effect)), except }
  }
  const settledFacts: Facts = { ...facts, parts: (facts.parts ?? []).map(settled) }
  const { most = mostReached } = known
  const reaching = partsOf(settledFacts).filter(isRelated)
  if (reaching.reduce((sum, part) => sum + sizeOf(part), 0) <= most) return settledFacts
  const fewer = (part: Part): Part => cut(part, Math.floor(most / (2 * reaching.length)))
  const bounded = (rule: PartRule): PartRule => ({
    ...eachPart(rule, fewer),
    except: rule.except.map(limits => eachPart(limits, fewer)),
  })
  return { ...settledFacts, parts: settledFacts.parts?.map(bounded) ?? [] }
}
