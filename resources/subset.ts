/** A resource cut to some of its elements. https://hl7.org/fhir/R4/search.html#elements */
import type { JsonText } from './json-text.ts'
import { listOf, objectOf } from './json-value.ts'

/** The elements of a type that a summary shows, and those that must always be there. */
export interface ElementNames {
  readonly summary: ReadonlySet<string>
  readonly mandatory: ReadonlySet<string>
  /** Name in JSON of an element that has a choice of types (`valueQuantity`) → its own name (`value`). */
  readonly choices: ReadonlyMap<string, string>
  /** All names by which elements may be asked for, those of choices included. */
  readonly all: ReadonlySet<string>
}

/** Which elements stay: by name, without the `_` of a primitive's extensions. */
export type Keeps = (element: string) => boolean

const always = new Set(['resourceType', 'id', 'meta'])

/** Says which elements stay for `_summary`; `count` and `false` never ask. */
export const keepsForSummary = (summary: 'true' | 'text' | 'data', names: ElementNames): Keeps => {
  if (summary === 'data') return element => element !== 'text'
  if (summary === 'text') return element => element === 'text' || names.mandatory.has(element)
  return element => names.summary.has(element)
}

/** Says which elements stay for `_elements`. */
export const keepsForElements = (elements: readonly string[], names: ElementNames): Keeps => {
  const asked = new Set(elements)
  return element =>
    asked.has(element) || asked.has(names.choices.get(element) ?? element) || names.mandatory.has(element)
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

/** @returns the text of the resource with what stays, tagged SUBSETTED. */
export function subset({ text, value, root }: JsonText, keeps: Keeps): string {
  const kept: string[] = []
  let from = root.start + 1
  for (const [at, node] of (root.members?.nodes ?? []).entries()) {
    const name = root.members?.names[at] ?? ''
    const stays = always.has(name) || keeps(name.startsWith('_') ? name.slice(1) : name)
    if (name === 'meta') kept.push(`"meta":${taggedMeta(value)}`)
    else if (stays) kept.push(text.slice(from, node.end))
    from = node.end + 1
  }
  if (root.members?.names.includes('meta') !== true) kept.push(`"meta":${taggedMeta(value)}`)
  return `{${kept.join(',')}}`
}
