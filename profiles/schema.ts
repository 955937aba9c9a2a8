/** JSON Schemas made from the structure of R4: HL7's own schema knows neither cardinality nor calendar. https://hl7.org/fhir/R4/json.html */
import { narrower, primitives } from './primitives.ts'
import { type Element, type ElementType, jsonName, type Structures } from './structure.ts'

/**
 * A JSON Schema with words of our own: `fhirType` (for messages), `children` (the node whose children an object may
 * have), `binding` (the value set of its codes, for messages), `concept` (the value set of which a coding must be), `pair` (the array beside which an array of primitives stands), `targets` (types to which a reference may point; none listed: any type of R4),
 * `resource` (an object judged by its `resourceType`).
 */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly $ref?: string
  readonly fhirType?: string
  readonly children?: string
  readonly binding?: string
  readonly concept?: string
  readonly pair?: string
  readonly targets?: readonly string[]
  readonly resource?: true
}

/** The elements of a node, with `resourceType` when it is a resource. */
export function elementsOf({ nodes, resources }: Structures, node: string): readonly Element[] {
  const elements = nodes[node] ?? []
  const resourceType: Element = { name: 'resourceType', min: 1, many: false, bare: true, types: [{ code: 'code' }] }
  return resources.includes(node) ? [resourceType, ...elements] : elements
}

/** Codes that are bound to a value set are looked up in it: that says their form too. */
function primitiveSchema(fhirType: string, binding?: string): JsonSchema | undefined {
  const primitive = primitives[fhirType]
  if (primitive === undefined) return undefined
  const { json, test, range } = primitive
  return {
    type: json,
    fhirType,
    ...(test === undefined ? {} : { format: binding ?? fhirType }),
    ...(binding === undefined ? {} : { binding }),
    ...(range === undefined ? {} : { minimum: range[0], maximum: range[1] }),
  }
}

function complexSchema({ code, targets }: ElementType, binding?: string): JsonSchema {
  if (code === 'Resource') return { type: 'object', fhirType: code, resource: true }
  return {
    $ref: code,
    fhirType: code,
    ...(code === 'Reference' ? { targets: targets ?? [] } : {}),
    ...(binding === undefined ? {} : { concept: binding }),
  }
}

/** The node of what may stand beside a primitive, and the same for a place of an array, where null means nothing. */
const siblingNode = 'Element'
const orNull = 'OrNull'

function primitiveProperties(element: Element, name: string, schema: JsonSchema): [string, JsonSchema][] {
  if (!element.many) {
    return element.bare === true
      ? [[name, schema]]
      : [
          [name, schema],
          [`_${name}`, { $ref: siblingNode, fhirType: siblingNode }],
        ]
  }
  const list = (pair: string, items: JsonSchema): JsonSchema => ({ type: 'array', minItems: 1, items, pair })
  return [
    [name, list(`_${name}`, { ...schema, type: [primitiveType(schema), 'null'] })],
    [`_${name}`, list(name, { $ref: siblingNode + orNull, fhirType: siblingNode })],
  ]
}

const primitiveType = ({ type }: JsonSchema): string => (typeof type === 'string' ? type : 'string')

function properties(node: string, element: Element): [string, JsonSchema][] {
  return element.types.flatMap(type => {
    const name = jsonName(element, type)
    const primitive = primitiveSchema(narrower[`${node}.${element.name}`] ?? type.code, element.binding)
    if (primitive !== undefined) return primitiveProperties(element, name, primitive)
    const schema = complexSchema(type, element.binding)
    return [[name, element.many ? { type: 'array', minItems: 1, items: schema } : schema]]
  })
}

/** Returns the schema of a type, a datatype or an element with children. It refers to other nodes by `$ref`. */
export const schemaOf = (structures: Structures, node: string): JsonSchema => ({
  type: 'object',
  fhirType: node,
  children: node,
  properties: Object.fromEntries(elementsOf(structures, node).flatMap(element => properties(node, element))),
})

/** Returns the schemas of all nodes by name, and the one for a place in an array beside primitives. */
export function schemasOf(structures: Structures): ReadonlyMap<string, JsonSchema> {
  const schemas = new Map(Object.keys(structures.nodes).map(node => [node, schemaOf(structures, node)]))
  return schemas.set(siblingNode + orNull, { ...schemaOf(structures, siblingNode), type: ['object', 'null'] })
}
