/** Contained resources: what R4 asks of them beyond their structure. https://hl7.org/fhir/R4/references.html#contained */
import { type JsonObject, listOf, objectOf, textOf } from '../resources/json-value.ts'
import type { Complaint } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'

const mostComplaints = 50

/** A text that may name what is contained. */
interface Naming {
  readonly text: string
  readonly isReference: boolean
  /** FHIRPath of the element. */
  readonly expression: string
}

/** The FHIRPath of names and places in lists, one after the other. */
const pathOf = ([root, ...steps]: readonly (string | number)[]): string =>
  `${root}${steps.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`

/**
 * Every text below `value` that begins with `#`. A text of a narrative or a note begins so by chance, which harms nobody.
 * Its path is put together only then: hardly any text does, and generators and paths for all cost as much as the schema.
 */
function namings(value: unknown, root: string): readonly Naming[] {
  const found: Naming[] = []
  const steps: (string | number)[] = [root]
  const into = (step: string | number, inner: unknown, name: string): void => {
    steps.push(step)
    go(inner, name)
    steps.pop()
  }
  const go = (each: unknown, name: string): void => {
    if (typeof each === 'string') {
      if (each.startsWith('#')) found.push({ text: each, isReference: name === 'reference', expression: pathOf(steps) })
    } else if (Array.isArray(each)) {
      for (let at = 0; at < each.length; at += 1) into(at, each[at], name)
    } else if (typeof each === 'object' && each !== null) {
      for (const member in each) into(member, (each as JsonObject)[member], member)
    }
  }
  go(value, '')
  return found
}

/** What names something, and from where: the place of a contained resource, or -1. */
type Uses = ReadonlyMap<string, ReadonlySet<number>>

function usesOf(all: readonly (readonly [from: number, Naming])[]): Uses {
  const uses = new Map<string, Set<number>>()
  for (const [from, { text }] of all) uses.set(text, (uses.get(text) ?? new Set<number>()).add(from))
  return uses
}

/** What a contained resource must not have, and why not: rules dom-2, dom-4 and dom-5. */
const forbidden = [
  ['contained', 'expected no resource within one that is contained, found one (dom-2)'],
  ['meta.versionId', 'expected no version of what is contained, found one (dom-4)'],
  ['meta.lastUpdated', 'expected no date of a version of what is contained, found one (dom-4)'],
  ['meta.security', 'expected no label on what is contained, found one (dom-5): it stands on the resource itself'],
] as const

function* ofOne(inner: Readonly<Record<string, unknown>>, path: string, seen: Set<string>): Generator<Complaint> {
  const id = textOf(inner.id)
  const meta = objectOf(inner.meta) ?? {}
  if (id === undefined)
    yield {
      code: 'required',
      diagnostics: 'expected the id by which a contained resource is named, found none',
      expression: `${path}.id`,
    }
  else if (seen.has(id))
    yield {
      code: 'value',
      diagnostics: 'expected an id of its own, found that of another contained resource',
      expression: `${path}.id`,
    }
  else seen.add(id)
  for (const [name, diagnostics] of forbidden) {
    const [first, second] = name.split('.')
    const value = second === undefined ? inner.contained : meta[second]
    if (value !== undefined)
      yield {
        code: 'structure',
        diagnostics,
        expression: `${path}.${first}${second === undefined ? '' : `.${second}`}`,
      }
  }
}

/** Whether it is named from elsewhere in the resource, or names what contains it: rule dom-3. */
function isUsed(inner: unknown, at: number, uses: Uses): boolean {
  const from = uses.get(`#${textOf(objectOf(inner)?.id) ?? ''}`)
  return (from !== undefined && (from.size > 1 || !from.has(at))) || uses.get('#')?.has(at) === true
}

const unused = 'expected a contained resource that the resource refers to, found one that nothing names (dom-3)'
const dangling = 'expected the id of a contained resource after #, found one that none has'

function* complaints({ contained: list, ...rest }: Resource): Generator<Complaint> {
  const contained = listOf(list)
  const root = `${rest.resourceType}.contained`
  const all = [
    ...namings(rest, rest.resourceType).map(naming => [-1, naming] as const),
    ...contained.flatMap((inner, at) => namings(inner, `${root}[${at}]`).map(naming => [at, naming] as const)),
  ]
  const uses = usesOf(all)
  const seen = new Set<string>()
  for (const [at, inner] of contained.entries()) {
    const expression = `${root}[${at}]`
    yield* ofOne(objectOf(inner) ?? {}, expression, seen)
    if (!isUsed(inner, at, uses)) yield { code: 'invariant', diagnostics: unused, expression }
  }
  for (const [, { text, isReference, expression }] of all)
    if (isReference && text !== '#' && !seen.has(text.slice(1)))
      yield { code: 'invariant', diagnostics: dangling, expression }
}

/** @returns what is wrong with the contained resources and with the references to them, at most 50 complaints. */
export function containedComplaints(resource: Resource): readonly Complaint[] {
  const found: Complaint[] = []
  for (const complaint of complaints(resource)) {
    found.push(complaint)
    if (found.length === mostComplaints) break
  }
  return found
}
