/** Whom a resource's content names as its authors, by RPPS or FINESS. `access.md` section 5, `depositor`. */
import { type JsonObject, objectOf, textOf } from '../resources/json-value.ts'
import type { Identifier, Resource } from '../resources/resource.ts'
import { actorOf, isIns } from './actor-identifier.ts'
import { objectsOf, targetOf } from './elements.ts'

/** Identifiers of resources of the directory, by `Type/id`; those of a PractitionerRole's person and structure are among its own. */
export type Directory = ReadonlyMap<string, readonly Identifier[]>

/** One author as the content names it. */
export interface Author {
  /** The element that names it, such as `performer`. */
  readonly element: string
  /** `rpps:…` and `finess:…`; a role names both. Empty when only the directory could tell and does not. */
  readonly actors: readonly string[]
  /** `Type/id`, or `Patient` alone when a contained resource or an INS names a patient. */
  readonly target: string | undefined
}

/** The elements that name who made a resource, whatever its type. */
const authorElements = [
  'author',
  'custodian',
  'performer',
  'resultsInterpreter',
  'recorder',
  'asserter',
  'requester',
  'informationSource',
  'source',
  'agent',
] as const

/** Where an element is not a Reference itself, its members that are. */
const memberElements = ['actor', 'who', 'onBehalfOf'] as const

/** In these the element says who is asked, or who agreed: not who made the resource. */
const namesNoAuthor = (type: string, element: string): boolean =>
  type === 'Consent' || (element === 'performer' && type.endsWith('Request'))

interface Known {
  readonly contained: readonly JsonObject[]
  readonly directory: Directory
}

/** A contained PractitionerRole names its person and its structure by references of its own. */
const roleElements = ['practitioner', 'organization'] as const

const actorsOfIdentifiers = (identifiers: unknown): readonly string[] =>
  objectsOf(identifiers).flatMap(identifier => actorOf(identifier) ?? [])

const containedOf = (reference: JsonObject, { contained }: Known): JsonObject | undefined => {
  const text = textOf(reference.reference)
  return text?.startsWith('#') ? contained.find(({ id }) => id === text.slice(1)) : undefined
}

function actorsOfReference(reference: JsonObject, known: Known): readonly string[] {
  const held = containedOf(reference, known)
  const elements = held?.resourceType === 'PractitionerRole' ? roleElements : []
  const own = [...actorsOfIdentifiers(reference.identifier), ...actorsOfIdentifiers(held?.identifier)]
  const ofRole = elements.flatMap(element => {
    const next = objectOf(held?.[element])
    if (next === undefined) return []
    return [
      ...actorsOfIdentifiers(next.identifier),
      ...actorsOfIdentifiers(containedOf(next, known)?.identifier),
      ...registered(next, known),
    ]
  })
  return [...new Set([...own, ...ofRole, ...registered(reference, known)])]
}

const registered = (reference: JsonObject, { directory }: Known): readonly string[] =>
  (directory.get(targetOf(reference) ?? '') ?? []).flatMap(identifier => actorOf({ ...identifier }) ?? [])

function targetOfAuthor(reference: JsonObject, known: Known): string | undefined {
  const type = containedOf(reference, known)?.resourceType
  if (type === 'Patient' || objectsOf(reference.identifier).some(isIns)) return 'Patient'
  return targetOf(reference)
}

const referencesOf = (value: unknown): readonly JsonObject[] =>
  objectsOf(value).flatMap(item => {
    const members = memberElements.map(name => objectOf(item[name])).filter(member => member !== undefined)
    return members.length > 0 ? members : [item]
  })

const noDirectory: Directory = new Map()

/** Everyone whom the content of `resource` names as an author, in the order of the elements. */
export function namedAuthors(resource: Resource, directory: Directory = noDirectory): readonly Author[] {
  const known = { contained: objectsOf(resource.contained), directory }
  const authors: Author[] = []
  for (const element of authorElements) {
    const value = resource[element]
    if (value === undefined || namesNoAuthor(resource.resourceType, element)) continue
    for (const reference of referencesOf(value))
      authors.push({
        element,
        actors: actorsOfReference(reference, known),
        target: targetOfAuthor(reference, known),
      })
  }
  return authors
}

/** The one professional or structure that a Reference names by identifier, contained resources resolved; undefined when none or two. */
export function actorOfReference(reference: unknown, resource: Resource): string | undefined {
  const object = objectOf(reference)
  if (object === undefined) return undefined
  const actors = actorsOfReference(object, { contained: objectsOf(resource.contained), directory: noDirectory })
  return actors.length === 1 ? actors[0] : undefined
}
