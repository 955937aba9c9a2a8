/** Resources of any type, made from the structure of R4: each variant takes other types of the choices and other targets. */
import { type Element, type ElementType, jsonName, type Structures } from '../../profiles/structure.ts'
import type { Resource } from '../../resources/resource.ts'
import { codesOf } from '../../resources/value-set.ts'

/** The id of a variant. */
export const idOfVariant = (variant: number): string => `v${variant}`

const quantity = { value: 1.5, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }
const period = { start: '2024-05-01T10:00:00Z', end: '2024-05-02' }

/** A value of each primitive type. */
const primitives: Readonly<Record<string, unknown>> = {
  base64Binary: 'QUJD',
  boolean: true,
  canonical: 'http://example.org/canonical',
  code: 'a-code',
  date: '2024-05-01',
  dateTime: '2024-05-01T10:00:00Z',
  decimal: 1.5,
  id: 'an-id',
  instant: '2024-05-01T10:00:00Z',
  integer: 1,
  markdown: 'A text',
  oid: 'urn:oid:1.2.3',
  positiveInt: 1,
  string: 'A text',
  time: '10:00:00',
  unsignedInt: 1,
  uri: 'urn:example:uri',
  url: 'http://example.org/url',
  uuid: 'urn:uuid:00000000-0000-4000-8000-000000000001',
}

/** A value of the datatypes that searches look into. */
const datatypes: Readonly<Record<string, unknown>> = {
  Address: {
    use: 'home',
    line: ['1 rue de l’Exemple'],
    city: 'Lyon',
    district: 'Rhône',
    state: 'ARA',
    postalCode: '69001',
    country: 'FR',
  },
  Age: quantity,
  Annotation: { text: 'A note' },
  Attachment: {
    contentType: 'text/plain',
    language: 'fr',
    url: 'http://example.org/file',
    title: 'A file',
    creation: '2024-05-01',
  },
  CodeableConcept: { coding: [{ system: 'urn:example:codes', code: 'concept' }], text: 'A concept' },
  Coding: { system: 'urn:example:codes', code: 'coding' },
  Count: quantity,
  Distance: quantity,
  Dosage: { text: 'One a day' },
  Duration: quantity,
  HumanName: { family: 'Exemple', given: ['Anne'] },
  Identifier: { system: 'urn:example:numbers', value: 'number' },
  Money: { value: 2.5, currency: 'EUR' },
  Period: period,
  Quantity: quantity,
  Range: { low: quantity, high: quantity },
  Ratio: { numerator: quantity, denominator: quantity },
  Timing: { event: ['2024-05-01T10:00:00Z'] },
}

/** Codes of systems that are not listed. */
const ofSystems: Readonly<Record<string, string>> = {
  'urn:ietf:bcp:13': 'text/plain',
  'urn:ietf:bcp:47': 'fr',
  'urn:iso:std:iso:4217': 'EUR',
  'http://unitsofmeasure.org': 'mg',
}

/** Elements whose first code asks more of a server than to keep it: another one. */
const plainCodes: Readonly<Record<string, string>> = {
  'http://hl7.org/fhir/ValueSet/document-relationship-type': 'appends',
}

/** A code of the value set to which an element is bound. */
function boundValue(type: ElementType, url: string, { structures }: Making): unknown {
  const [part] = codesOf(structures.valueSets, url) ?? []
  const system = part?.system ?? ''
  const code = plainCodes[url] ?? part?.codes?.[0] ?? ofSystems[system]
  return type.code === 'code' ? code : { coding: [{ system, code }], text: 'A concept' }
}

/** What an element refers to: the patient where it may, as far as the variant does not ask for another. */
function referenceTo(targets: readonly string[] | undefined, variant: number): object {
  const target = targets === undefined ? 'Patient' : targets[variant % targets.length]
  return { reference: `${target ?? 'Patient'}/${idOfVariant(0)}` }
}

/** Elements that say nothing of the resource's own content. */
const leftOut = new Set(['id', 'meta', 'implicitRules', 'text', 'contained', 'extension', 'modifierExtension'])

interface Making {
  readonly structures: Structures
  readonly variant: number
  /** The nodes that are being made, so that none is made within itself. */
  readonly within: readonly string[]
}

function valueFor(type: ElementType, making: Making): unknown {
  const { code } = type
  if (code === 'Reference') return referenceTo(type.targets, making.variant)
  if (code === 'ContactPoint')
    return { system: making.variant % 2 === 0 ? 'phone' : 'email', value: 'reach-me', use: 'home' }
  if (code === 'Resource') return { resourceType: 'Basic', id: 'inside', code: { text: 'Inside' } }
  return primitives[code] ?? datatypes[code] ?? objectOf(code, making)
}

/** The type that the variant takes of an element; the first for what is no choice. */
const typeOf = ({ types }: Element, variant: number): ElementType | undefined => types[variant % types.length]

/** Members of a node: of a resource and its parts everything, of other datatypes what must be there. */
function objectOf(node: string, { structures, variant, within }: Making): Record<string, unknown> {
  const isPart = node.includes('.') || structures.resources.includes(node)
  const members: Record<string, unknown> = {}
  for (const element of structures.nodes[node] ?? []) {
    const type = typeOf(element, variant)
    const isLoop = type !== undefined && within.includes(type.code)
    if (type === undefined || (element.min === 0 && (!isPart || isLoop || leftOut.has(element.name)))) continue
    const making = { structures, variant, within: [...within, node] }
    const value = element.binding === undefined ? valueFor(type, making) : boundValue(type, element.binding, making)
    if (Object.keys(Object(value)).length === 0 && typeof value === 'object') continue
    members[jsonName(element, type)] = element.many ? [value] : value
  }
  return members
}

/** How many variants show every type of every choice of a resource, at most `most`. */
export function variantsOf({ nodes }: Structures, type: string, most: number): number {
  const parts = Object.entries(nodes).filter(([node]) => node === type || node.startsWith(`${type}.`))
  const choices = parts.flatMap(([, elements]) =>
    elements.filter(({ name }) => !leftOut.has(name)).map(({ types }) => types.length),
  )
  return Math.min(most, Math.max(2, ...choices))
}

/** A resource of the type that has all elements but those of every resource. */
export const instanceOf = (structures: Structures, type: string, variant: number): Resource => ({
  resourceType: type,
  id: idOfVariant(variant),
  ...objectOf(type, { structures, variant, within: [type] }),
})
