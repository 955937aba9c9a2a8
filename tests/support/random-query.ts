/** Random searches by any parameter of any type, with any modifier of its kind, as they stand in a URL. */
import fc from 'fast-check'
import type { ServedType } from '../../resources/catalog.ts'
import type { Resource } from '../../resources/resource.ts'
import type { ParameterType, SearchParameterDefinition } from '../../resources/search-parameter-definition.ts'
import { parametersOf } from '../../search/common-parameters.ts'
import { parameterTypes } from '../../search/parameter-types.ts'
import { select } from './pointer.ts'
import { ucum, units, values } from './random-resource.ts'

/** What is asked, and the kind of it in words, such as `token:not`. */
export interface Asking {
  readonly type: string
  readonly kind: string
  readonly query: string
}

const one = fc.constantFrom
const escaped = (text: string): string => text.replaceAll(/[\\,$|]/g, '\\$&')
const prefix = one('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap')
const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map(all => all.join(''))

const codes = [...values.code, ...values.string, ...values.id, 'true', 'false', '1', '2'].map(escaped)
const systems = values.uri.map(escaped)
const token = fc.oneof(
  one(...codes),
  fc.tuple(one(...systems), one(...codes)).map(parts => parts.join('|')),
  one(...codes).map(code => `|${code}`),
  one(...systems).map(system => `${system}|`),
)
const numberLiteral = one('5', '5.0', '5.4', '-3', '0', '0.1', '4400', '1e2', '1e-7', '123456789.123')
const unit = one('', '', ...units.flatMap(code => [`|${ucum}|${code}`, `||${code}`]))
const text = one('a', 'ele', 'Élève', "L'œuf dur", 'oeuf', 'saint etienne', '.*', '$', 'ÉTIENNE', '\u{1f600}').map(
  escaped,
)

/** The identifiers of some resources, as `:of-type` asks for them: of three random parts hardly any would be found. */
const identifierForms = (resources: readonly unknown[]): readonly string[] =>
  resources.flatMap(resource => {
    const parts = (identifier: unknown) =>
      ['/type/coding/0/system', '/type/coding/0/code', '/value'].flatMap(pointer => select(identifier, pointer))
    const identifiers = select(resource, '/identifier').flat().map(parts)
    return identifiers.filter(({ length }) => length === 3).map(all => all.map(part => escaped(String(part))).join('|'))
  })

type ValueOf = (definition: SearchParameterDefinition, modifier: string) => fc.Arbitrary<string>

const referred: ValueOf = ({ target }, modifier) => {
  if (modifier === 'identifier') return token
  const types = modifier !== '' ? [modifier] : target.length === 0 ? ['Patient', 'Practitioner'] : target
  const path = fc.tuple(one(...types), one('a', 'b')).map(parts => parts.join('/'))
  const urls = one(...values.canonical).map(escaped)
  return fc.oneof(
    one('a', 'b'),
    path,
    path.map(each => `http://other.test/fhir/${each}`),
    urls,
  )
}

/** A value of each kind of parameter. */
const plainValueOf: Readonly<Record<ParameterType, ValueOf>> = {
  token: () => token,
  reference: referred,
  date: () => joined(prefix, one(...values.dateTime, ...values.date)),
  string: () => text,
  uri: () => one(...values.uri, ...values.canonical).map(escaped),
  number: () => joined(prefix, numberLiteral),
  quantity: () => joined(prefix, numberLiteral, unit),
}

/** The modifiers of a parameter that are answered by its row; `:text` reads the resource. */
function modifiersOf(definition: SearchParameterDefinition): readonly string[] {
  const { modifiers, understands } = parameterTypes[definition.type]
  const named = [...modifiers, ...definition.target.slice(0, 1)].filter(name => name !== 'text')
  return ['', 'missing', ...named.filter(name => understands(name, definition))]
}

const alternatives = (value: fc.Arbitrary<string>, maxLength = 2) =>
  fc.array(value, { minLength: 1, maxLength }).map(all => all.join(','))

type OfKind = readonly [kind: string, asking: fc.Arbitrary<Asking>]

/** One criterion of a name, with a value. */
const criterion = (type: string, kind: string, asked: readonly [name: string, value: fc.Arbitrary<string>]): OfKind => [
  kind,
  asked[1].map(value => ({ type, kind, query: `${asked[0]}=${value}` })),
]

function criteriaOf(type: string, definition: SearchParameterDefinition, known: readonly string[]): readonly OfKind[] {
  return modifiersOf(definition).flatMap(modifier => {
    const { code } = definition
    const kind = `${definition.type}:${/^[A-Z]/.test(modifier) ? '[type]' : modifier}`
    if (modifier === 'of-type' && known.length === 0) return []
    if (modifier === '')
      return [criterion(type, kind, [code, alternatives(plainValueOf[definition.type](definition, ''))])]
    const valuesBy: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
      missing: () => one('true', 'false'),
      'of-type': () => alternatives(one(...known)),
    }
    const value = valuesBy[modifier]?.() ?? alternatives(plainValueOf[definition.type](definition, modifier))
    return [criterion(type, kind, [`${code}:${modifier}`, value])]
  })
}

/** Fewer values: two that must stand in one and the same element are rarely those that are asked. */
const partOf: Readonly<Partial<Record<ParameterType, fc.Arbitrary<string>>>> = {
  token: one(...values.code.map(escaped)),
  quantity: joined(one('ne', 'ge', 'lt', ''), numberLiteral),
}

function compositesOf({ type, composites = new Map() }: ServedType): readonly OfKind[] {
  return [...composites.values()].flatMap(({ code, places }) => {
    const [place] = places
    if (place === undefined) return []
    const parts = place.components.map(
      component => partOf[component.type] ?? plainValueOf[component.type](component, ''),
    )
    return [
      criterion(type, 'composite:', [
        code,
        alternatives(
          fc.tuple(...parts).map(all => all.join('$')),
          4,
        ),
      ]),
    ]
  })
}

/**
 * @param resources what is searched.
 * @returns searches by kind: each is tried as often as every other, however many parameters there are of it.
 */
export function randomQueries(
  types: readonly ServedType[],
  resources: readonly Resource[],
): ReadonlyMap<string, fc.Arbitrary<Asking>> {
  const byKind = new Map<string, fc.Arbitrary<Asking>[]>()
  const add = ([kind, asking]: OfKind) => byKind.set(kind, [...(byKind.get(kind) ?? []), asking])
  for (const served of types) {
    const known = identifierForms(resources.filter(({ resourceType }) => resourceType === served.type))
    const parameters = [...parametersOf(served).values()].flatMap(each => criteriaOf(served.type, each, known))
    const all = [...parameters, ...compositesOf(served)]
    for (const each of all) add(each)
    const any = fc.oneof(...all.map(([, asking]) => asking))
    const two = fc.tuple(any, any).map(pair => pair.map(({ query }) => query).join('&'))
    add(['two criteria', two.map(query => ({ type: served.type, kind: 'two criteria', query }))])
  }
  return new Map([...byKind].map(([kind, askings]) => [kind, fc.oneof(...askings)]))
}
