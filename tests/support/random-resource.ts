/**
 * Random resources of any type: what may stand where is read from the structures of R4, and only the values of
 * primitive types are chosen here. Each element is there or not, repeated or not, of any type of its choice.
 */
import fc from 'fast-check'
import { type Element, type ElementType, jsonName, type Structures } from '../../profiles/structure.ts'
import type { Resource } from '../../resources/resource.ts'

/** Few values, so that what is asked is often found; with the corners of each type among them. */
export const values = {
  base64Binary: ['QUJD'],
  boolean: [true, false],
  canonical: ['http://example.org/a', 'http://example.org/a|1.0', 'http://example.org/a/b', 'urn:oid:1.2.3'],
  code: ['final', 'active', 'phone', 'email', 'derived-from', 'depends-on', 'composed-of', 'predecessor', 'a,b|c$d\\e'],
  date: ['2023', '2023-03', '2023-03-15', '2024-02-29'],
  dateTime: ['2023', '2023-03', '2023-03-15', '2023-03-15T10:00:00+01:00', '2022-12-31T23:30:00Z'],
  decimal: [0, 5, 5.4, -3, 0.1, 4400, 1e-7, 123456789.123],
  id: ['an-id', 'An.Id'],
  instant: ['2023-03-15T10:00:00.123+01:00', '2022-12-31T23:30:00Z'],
  integer: [0, 1, -3, 2147483647],
  markdown: ['Un *texte*', 'œuf'],
  oid: ['urn:oid:1.2.3'],
  positiveInt: [1, 5],
  string: ['a', 'Élève', 'eleve', "L'œuf dur", 'Saint-Étienne', '$where', 'a,b|c$d\\e', '.*', '\u{1f600}'],
  time: ['10:00:00'],
  unsignedInt: [0, 5],
  uri: ['http://loinc.org', 'http://example.org/a', 'http://example.org/a/b', 'urn:oid:1.2.3', 'urn:s|x'],
  url: ['http://example.org/a', 'http://example.org/a/b'],
  uuid: ['urn:uuid:00000000-0000-4000-8000-000000000001'],
} as const

export const units = ['mmol/L', 'umol/L', 'mg', '[pH]', 'none such'] as const
export const ucum = 'http://unitsofmeasure.org'

const isPrimitive = (code: string): code is keyof typeof values => Object.hasOwn(values, code)

/** Elements of any type that no search looks into, or that hold anything. */
const leftOut = new Set(['id', 'implicitRules', 'text', 'contained', 'extension', 'modifierExtension'])

/** Where a value of its type would be none of its place. */
const special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'Quantity.system': fc.constant(ucum),
  'Quantity.code': fc.constantFrom(...units),
  'Quantity.unit': fc.constantFrom(...units),
  'Quantity.comparator': fc.constantFrom('<', '<=', '>=', '>'),
  'Money.currency': fc.constantFrom('EUR', 'USD'),
}

/** The kinds of quantity have the elements of a Quantity. */
const quantities = new Set(['Age', 'Count', 'Distance', 'Duration', 'Quantity'])

const forms: readonly ((target: string) => string)[] = [
  target => `${target}/a`,
  target => `${target}/b`,
  target => `${target}/a/_history/2`,
  target => `http://other.test/fhir/${target}/a`,
  () => '#inside',
  () => 'urn:uuid:00000000-0000-4000-8000-000000000001',
]

/** What a reference may say: where it points, of which type that is, by which number it is known. */
const referenceTo = (targets: readonly string[]): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.constantFrom(...targets),
      fc.option(fc.constantFrom(...forms), { nil: undefined, freq: 6, depthSize: 'max' }),
      fc.option(fc.constantFrom(...targets), { nil: undefined, freq: 2, depthSize: 'max' }),
      fc.option(fc.record({ system: fc.constantFrom(...values.uri), value: fc.constantFrom('1', '2') }), {
        freq: 2,
        depthSize: 'max',
      }),
    )
    .map(([target, form, type, identifier]) => ({
      ...(form === undefined ? { display: 'somebody' } : { reference: form(target) }),
      ...(type === undefined ? {} : { type }),
      ...(identifier === null ? {} : { identifier }),
    }))

/** What a random resource may leave to others. */
export interface RandomOptions {
  /** How deep elements of elements go. */
  readonly depth?: number
  /** Elements that are left out, as `Quantity.comparator`. */
  readonly without?: ReadonlySet<string>
}

interface Making {
  readonly structures: Structures
  readonly without: ReadonlySet<string>
  /** What was made before, by node and depth. */
  readonly made: Map<string, fc.Arbitrary<object>>
}

/** What stands in a JSON object for one element: its value, and what is said about it beside. */
type Members = Readonly<Record<string, unknown>>

const said = { extension: [{ url: 'http://example.org/why', valueString: 'said' }] }

/** A primitive that is said to be more, or that is only said to be absent; a list with a null in the place of it. */
const besides: readonly ((name: string, many: boolean, value: unknown) => Members)[] = [
  (name, many, value) => ({ [name]: many ? [value] : value, [`_${name}`]: many ? [said] : said }),
  (name, many) => ({ [`_${name}`]: many ? [said] : said }),
  (name, many, value) => (many ? { [name]: [null, value], [`_${name}`]: [said, null] } : { [name]: value }),
]

function typed(type: ElementType, place: string, { making, depth }: { making: Making; depth: number }) {
  const { code } = type
  if (Object.hasOwn(special, place)) return special[place]
  if (isPrimitive(code)) return fc.constantFrom<unknown>(...values[code])
  if (code === 'xhtml') return fc.constant('<div xmlns="http://www.w3.org/1999/xhtml">x</div>')
  if (code === 'Resource') return fc.constant({ resourceType: 'Basic', id: 'inside' })
  if (code === 'Reference') return referenceTo(type.targets ?? ['Patient', 'Practitioner'])
  return depth <= 0 ? undefined : objectOf(code, making, depth - 1)
}

/** The element by its name in JSON, of one of its types. */
function membersAs(name: string, { many, bare }: Element, value: fc.Arbitrary<unknown>, primitive: boolean) {
  const plain = (many ? fc.array(value, { minLength: 1, maxLength: 2 }) : value).map(
    (given): Members => ({ [name]: given }),
  )
  if (!primitive || bare === true) return plain
  const more = fc.tuple(fc.constantFrom(...besides), value).map(([beside, given]) => beside(name, many, given))
  return fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: more })
}

/** The element; empty where it is not there. */
function membersOf(node: string, element: Element, at: { making: Making; depth: number }) {
  const place = `${quantities.has(node) ? 'Quantity' : node}.${element.name}`
  if (leftOut.has(element.name) || at.making.without.has(place)) return undefined
  const choices = element.types.flatMap(type => {
    const value = typed(type, place, at)
    return value === undefined ? [] : [membersAs(jsonName(element, type), element, value, isPrimitive(type.code))]
  })
  if (choices.length === 0) return undefined
  const one = fc.oneof(...choices)
  return element.min === 1 ? one : fc.option(one, { nil: {}, freq: 2, depthSize: 'max' })
}

/** An object of the node; one made before is made again as it was. */
function objectOf(node: string, making: Making, depth: number): fc.Arbitrary<object> {
  const known = making.made.get(`${node} ${depth}`)
  if (known !== undefined) return known
  const elements = making.structures.nodes[node] ?? []
  const members = elements.flatMap(element => membersOf(node, element, { making, depth }) ?? [])
  const object = fc.tuple(...members).map((all): object => Object.assign({}, ...all))
  making.made.set(`${node} ${depth}`, object)
  return object
}

/** @returns for a type its random resources, without an id. */
export function randomResources(
  structures: Structures,
  { depth = 3, without = new Set() }: RandomOptions = {},
): (type: string) => fc.Arbitrary<Resource> {
  const making: Making = { structures, without, made: new Map() }
  return type => objectOf(type, making, depth).map(members => ({ resourceType: type, ...members }))
}
