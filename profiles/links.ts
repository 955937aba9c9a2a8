/** Which elements lead to another resource by a URI: a transaction replaces what stands in them. https://hl7.org/fhir/R4/http.html#trules */
import type { Steps } from '../resources/json-text.ts'
import { type ElementAt, elementFinder } from './element-at.ts'
import type { CutStructures } from './structure.ts'

/** The types of R4's rule; a canonical is none of them. */
const ofUris: ReadonlySet<string> = new Set(['uri', 'url', 'oid', 'uuid'])

/** Elements of type uri that name a system of codes by the URL that it gave itself, beside those that are called `system`. */
const naming: ReadonlySet<string> = new Set(['ConceptMap.group.source', 'ConceptMap.group.target'])

/** Whether a resource type has a canonical URL of its own: beside it stands the one version of that URL. */
const hasCanonical = ({ nodes, resources }: CutStructures, type: string): boolean =>
  resources.includes(type) &&
  nodes[type]?.some(({ name, many, types }) => name === 'version' && !many && types[0]?.code === 'string') === true

/** Whether the element holds a link, and not a name by which a definition is known (decision 0022). */
function isLink(structures: CutStructures, { node, element, type }: ElementAt): boolean {
  const { name, bare } = element
  if (!ofUris.has(type.code) || bare === true || name === 'system' || naming.has(`${node}.${name}`)) return false
  return name !== 'url' || !hasCanonical(structures, node)
}

/** @returns whether a value of a resource, to which the steps lead, is a link by its element. */
export function linkFinder(structures: CutStructures): (resource: unknown, steps: Steps) => boolean {
  const find = elementFinder(structures)
  return (resource, steps) => {
    const found = find(resource, steps)
    return found !== undefined && isLink(structures, found)
  }
}
