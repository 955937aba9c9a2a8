/** Integers are written in digits alone: the value of `1e2` is none until somebody computes it. https://hl7.org/fhir/R4/datatypes.html#integer */
import type { JsonNode, Steps } from '../resources/json-text.ts'
import type { Complaint } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { elementFinder, type FindElement } from './element-at.ts'
import { primitives } from './primitives.ts'
import { type CutStructures, jsonName } from './structure.ts'

const mostComplaints = 50

const pathOf = (type: string, steps: Steps): string =>
  `${type}${steps.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`

function complaintOf(find: FindElement, resource: Resource, steps: Steps): Complaint | undefined {
  const primitive = primitives[find(resource, steps)?.type.code ?? '']
  if (primitive?.json !== 'integer') return undefined
  return {
    code: 'value',
    diagnostics: `expected ${primitive.expected} in digits alone, found a fraction, an exponent or a zero with a sign`,
    expression: pathOf(resource.resourceType, steps),
  }
}

/** The names that an integer has somewhere: most numbers have others, and are decimals. */
const namesOfIntegers = ({ nodes }: CutStructures): ReadonlySet<string> =>
  new Set(
    Object.values(nodes).flatMap(elements =>
      elements.flatMap(element =>
        element.types.flatMap(type => (primitives[type.code]?.json === 'integer' ? [jsonName(element, type)] : [])),
      ),
    ),
  )

/** @returns what is wrong with how the integers of a valid resource are written, at most 50 complaints. Only numbers that might be wrong are looked at. */
export function literalJudge(structures: CutStructures): (resource: Resource, node: JsonNode) => readonly Complaint[] {
  const find = elementFinder(structures)
  const integers = namesOfIntegers(structures)
  return (resource, node) => {
    const numbers = node.otherwiseWritten().filter(({ name }) => name === '' || integers.has(name))
    if (numbers.length === 0) return []
    const found = node.stepsTo(numbers).map(steps => complaintOf(find, resource, steps))
    return found.filter(complaint => complaint !== undefined).slice(0, mostComplaints)
  }
}
