/** Parameters of type reference. https://hl7.org/fhir/R4/search.html#reference */
import { ok, type Result } from '../resources/outcome.ts'
import { parseLogicalId } from '../resources/resource.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import type { Found } from './compile-walker.ts'
import { isObject, textOf } from './element.ts'
import { withoutEscapes } from './escape.ts'
import { fit } from './fold.ts'
import { referenceIdentifierKey, referenceIdentifierValueKey, referenceKey } from './key.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { key, type Query } from './query.ts'
import { isAbsolute, type LocalTarget, localTarget, targetType, withoutVersion } from './reference-target.ts'
import { parseToken } from './token.ts'
import { addCanonical } from './uri.ts'

const allows = ({ target }: SearchParameterDefinition, type: string): boolean =>
  target.length === 0 || target.includes(type)

const expectedForm = 'Type/id, an id, or an absolute URL'

/** What a value points to: resources of this server, or a URL elsewhere. */
export type Pointed = { readonly local: readonly LocalTarget[] } | { readonly url: string }

/** An id alone may be of any type to which the parameter may point; a modifier or a path says the type. */
function pointAtId(asked: Asked, id: string): Result<Pointed> {
  const { definition, modifier } = asked
  if (parseLogicalId(id) === undefined) return badValue(asked, expectedForm)
  const types = modifier === '' ? definition.target : [modifier]
  if (types.length === 0) return badValue(asked, 'Type/id: this parameter may point to any type')
  return ok({ local: types.map(type => ({ type, id })) })
}

/** Reads `Type/id`, `id` and absolute URLs; a URL under the own base is a resource of this server. */
export function parsePointed(asked: Asked): Result<Pointed> {
  const { definition, modifier, surroundings } = asked
  const text = withoutEscapes(asked.value)
  const local = localTarget(text, surroundings.base)
  if (local === undefined) return isAbsolute(text) ? ok({ url: withoutVersion(text) }) : pointAtId(asked, text)
  const { type } = local
  if (modifier !== '' && modifier !== type) return badValue(asked, `a reference to ${modifier}, as the modifier says`)
  if (!allows(definition, type)) return badValue(asked, `a reference to ${definition.target.join(', ')}`)
  return ok({ local: [local] })
}

/** The keys of references to these resources. */
export const localKeys = (code: string, targets: readonly LocalTarget[]): readonly string[] =>
  targets.map(({ type, id }) => referenceKey(code, `${type}/${id}`))

function parseIdentifier(asked: Asked): Result<Query> {
  const { code } = asked.definition
  const { system, value } = parseToken(asked.value) ?? {}
  if (value === undefined) return badValue(asked, 'an identifier as system|value, |value or value')
  return ok(
    key(system === undefined ? referenceIdentifierValueKey(code, value) : referenceIdentifierKey(code, system, value)),
  )
}

function parse(asked: Asked): Result<Query> {
  if (asked.modifier === 'identifier') return parseIdentifier(asked)
  const pointed = parsePointed(asked)
  if (!pointed.ok) return pointed
  const { code } = asked.definition
  const keys =
    'url' in pointed.value ? [referenceKey(code, fit(pointed.value.url))] : localKeys(code, pointed.value.local)
  return ok(key(...keys))
}

function addIdentifier(identifier: unknown, { code }: Indexed, { token }: Collected): void {
  const value = isObject(identifier) ? textOf(identifier.value) : undefined
  if (!isObject(identifier) || value === undefined) return
  token.add(referenceIdentifierKey(code, fit(textOf(identifier.system) ?? ''), fit(value)))
  token.add(referenceIdentifierValueKey(code, fit(value)))
}

function addReference(reference: string, { code, base }: Indexed, { token }: Collected): void {
  if (reference.startsWith('#')) return
  const local = localTarget(reference, base)
  token.add(referenceKey(code, local === undefined ? fit(withoutVersion(reference)) : `${local.type}/${local.id}`))
}

/** Whether the row's scalar `patient` says it already: a patient of this server, or one named otherwise than by URL. */
function isScalar(value: Readonly<Record<string, unknown>>, base: string): boolean {
  const [reference, type] = [textOf(value.reference), targetType(value)]
  if (type !== undefined && type !== 'Patient') return false
  return reference === undefined || !isAbsolute(reference) || localTarget(reference, base) !== undefined
}

/** A Reference, a canonical URL, or a resource itself (`Bundle.entry[0].resource`). */
function index({ value }: Found, parameter: Indexed, into: Collected): void {
  if (typeof value === 'string') addCanonical(value, parameter, into)
  if (!isObject(value)) return
  if (parameter.patientIsScalar && isScalar(value, parameter.base)) return
  const [type, id] = [textOf(value.resourceType), textOf(value.id)]
  if (type !== undefined && id !== undefined) into.token.add(referenceKey(parameter.code, `${type}/${id}`))
  const reference = textOf(value.reference)
  if (reference !== undefined) addReference(reference, parameter, into)
  addIdentifier(value.identifier, parameter, into)
}

export const reference: ParameterTypeRow = {
  understands: (modifier, definition) =>
    modifier === 'identifier' || (/^[A-Z]/.test(modifier) && allows(definition, modifier)),
  modifiers: ['identifier', '[type]'],
  parse,
  index,
}
