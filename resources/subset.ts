/** A resource cut to some of its elements. https://hl7.org/fhir/R4/search.html#elements */
import type { JsonNode, JsonText } from './json-text.ts'
import { listOf, objectOf } from './json-value.ts'

/** How much of an element is shown. */
export interface Shown {
  readonly mandatory: boolean
  /** Whether what extends a primitive (`_name`) is shown beside its value. */
  readonly extended: boolean
  /** Of an object: what is shown of it; absent where it is shown whole. */
  readonly parts?: Parts
}

/** The elements of an object that are shown, by their names in JSON. */
export type Parts = ReadonlyMap<string, Shown>

/** The elements of a type that a summary shows, and those that must always be there. */
export interface ElementNames {
  /** At any depth: types that hold one another share what is shown of them. */
  readonly summary: Parts
  readonly mandatory: ReadonlySet<string>
  /** Name in JSON of an element that has a choice of types (`valueQuantity`) → its own name (`value`). */
  readonly choices: ReadonlyMap<string, string>
  /** All names by which elements may be asked for, those of choices included. */
  readonly all: ReadonlySet<string>
}

/** How much is shown of an element of the root, by its name without the `_` of a primitive's extensions; undefined for nothing. */
export type Keeps = (element: string) => Shown | undefined

const whole: Shown = { mandatory: true, extended: true }

const always = new Set(['resourceType', 'id', 'meta'])

const wholeWhere =
  (stays: (element: string) => boolean): Keeps =>
  element =>
    stays(element) ? whole : undefined

/** Says which elements stay for `_summary`; `count` and `false` never ask. */
export const keepsForSummary = (summary: 'true' | 'text' | 'data', names: ElementNames): Keeps => {
  if (summary === 'data') return wholeWhere(element => element !== 'text')
  if (summary === 'text') return wholeWhere(element => element === 'text' || names.mandatory.has(element))
  return element => names.summary.get(element)
}

/** Says which elements stay for `_elements`. */
export const keepsForElements = (elements: readonly string[], names: ElementNames): Keeps => {
  const asked = new Set(elements)
  return wholeWhere(
    element => asked.has(element) || asked.has(names.choices.get(element) ?? element) || names.mandatory.has(element),
  )
}

/** Returns the first of `asked` that none of the types has; undefined when each is an element of one of them. */
export const unknownElement = (asked: readonly string[], types: readonly ElementNames[]): string | undefined =>
  asked.find(name => types.every(({ all }) => !all.has(name)))

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/** Whether a resource is tagged as a part of itself: the rest was left out. https://hl7.org/fhir/R4/resource.html#simple-tags */
export const isSubsetted = (resource: Readonly<Record<string, unknown>>): boolean =>
  listOf(objectOf(resource.meta)?.tag).some(tag => {
    const { system, code } = objectOf(tag) ?? {}
    return system === subsetted.system && code === subsetted.code
  })

function taggedMeta(value: unknown): string {
  const meta = objectOf(objectOf(value)?.meta) ?? {}
  return JSON.stringify({ ...meta, tag: [...listOf(meta.tag), subsetted] })
}

/** Whether every value of a primitive stands itself: then nothing depends on what extends it. */
function standsItself(text: string, holder: JsonNode, name: string): boolean {
  const value = holder.member(name)
  return value !== undefined && value.items?.some(({ start }) => text.startsWith('null', start)) !== true
}

/** What is shown of a value; undefined where nothing of it is. A mandatory one is shown whole then: no element may be empty. */
function shownText(text: string, node: JsonNode, { mandatory, parts }: Shown): string | undefined {
  const all = text.slice(node.start, node.end)
  if (parts === undefined) return all
  const { items } = node
  const optional = { mandatory: false, extended: false, parts }
  const shown =
    items === undefined
      ? shownMembers(text, node, name => parts.get(name))
      : items.flatMap(item => shownText(text, item, optional) ?? [])
  if (shown.length === 0) return mandatory ? all : undefined
  return items === undefined ? `{${shown.join(',')}}` : `[${shown.join(',')}]`
}

/** The members of an object that are shown, with their names. */
function shownMembers(text: string, holder: JsonNode, keeps: Keeps): readonly string[] {
  const { names = [], nodes = [] } = holder.members ?? {}
  const kept: string[] = []
  for (const [at, node] of nodes.entries()) {
    const name = names[at] ?? ''
    const isBeside = name.startsWith('_')
    const shown = keeps(isBeside ? name.slice(1) : name)
    if (shown === undefined || (isBeside && !shown.extended && standsItself(text, holder, name.slice(1)))) continue
    const value = isBeside ? text.slice(node.start, node.end) : shownText(text, node, shown)
    if (value !== undefined) kept.push(`${JSON.stringify(name)}:${value}`)
  }
  return kept
}

/** @returns the text of the resource with what stays, tagged SUBSETTED. */
export function subset({ text, value, root }: JsonText, keeps: Keeps): string {
  const kept = shownMembers(text, root, name => (always.has(name) ? whole : keeps(name)))
  const meta = `"meta":${taggedMeta(value)}`
  const at = kept.findIndex(member => member.startsWith('"meta":'))
  return `{${at < 0 ? [...kept, meta].join(',') : kept.with(at, meta).join(',')}}`
}
