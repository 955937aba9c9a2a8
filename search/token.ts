/** Parameters of type token. https://hl7.org/fhir/R4/search.html#token */
import { ok, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import type { Found } from './compile-walker.ts'
import { isObject, listOf, textOf } from './element.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { fit, fold } from './fold.ts'
import { foldedKey, ofTypeKey, systemPrefix, systemTokenKey, tokenKey } from './key.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { key, type Query } from './query.ts'
import { isOfHierarchy, readSubsumption } from './subsumption.ts'
import { isOfAnyCase, searchesContacts, searchesValuesAlone, writings } from './token-elements.ts'
import { isOfValueSet, readMembership, searchesCodes } from './value-set.ts'

/** The codes of ContactPoint.system: there the system says the kind of contact, not who issues the value. */
const contactSystems = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])

interface Token {
  readonly system: string | undefined
  readonly value: string | undefined
}

/** `code`, `system|code`, `|code` and `system|`, taken apart; undefined for any other form. */
export function parseToken(value: string): Token | undefined {
  const parts = splitEscaped(value, '|').map(part => fit(withoutEscapes(part)))
  const [first = '', second] = parts
  if (parts.length > 2 || (first === '' && (second ?? '') === '')) return undefined
  if (second === undefined) return { system: undefined, value: first }
  return second === '' ? { system: first, value: undefined } : { system: first, value: second }
}

const expected = 'a code, system|code, |code or system| (a | or , within them is written \\| or \\,)'

/** Why a system cannot be asked, where none is held; R4 allows `[code]` alone there. */
function whyAlone(definition: SearchParameterDefinition): string | undefined {
  if (searchesContacts(definition))
    return 'a value alone, without system|: the system of a contact is its kind; phone and email ask by that, where the type has them'
  return searchesValuesAlone(definition) ? 'a value alone, without system|: what it searches has no system' : undefined
}

/** `system|type|value`, all three of them. */
function parseOfType(asked: Asked): Result<Query> {
  const parts = splitEscaped(asked.value, '|').map(part => fit(withoutEscapes(part)))
  const [system = '', type = '', value = ''] = parts
  if (parts.length !== 3 || system === '' || type === '' || value === '')
    return badValue(asked, 'system|code|value after :of-type: the type of the identifier, then its value')
  return ok(key(ofTypeKey(asked.definition.code, { system, code: type }, value)))
}

function parse(asked: Asked): Result<Query> {
  if (asked.modifier === 'of-type') return parseOfType(asked)
  if (isOfValueSet(asked.modifier)) return readMembership(asked)
  if (isOfHierarchy(asked.modifier)) return readSubsumption(asked, asked.modifier)
  const { code } = asked.definition
  const token = parseToken(asked.value)
  if (token === undefined) return badValue(asked, expected)
  const { system, value } = token
  const alone = system === undefined || system === '' ? undefined : whyAlone(asked.definition)
  if (alone !== undefined) return badValue(asked, alone)
  if (value === undefined) return ok({ op: 'prefix', prefix: systemPrefix(code, system ?? '') })
  // Folded before it is cut: the end of a long value is a sum of its letters.
  const values = writings(asked.value, isOfAnyCase(asked.definition)).map(each => parseToken(each)?.value ?? value)
  return ok(
    key(...values.map(each => (system === undefined ? tokenKey(code, each) : systemTokenKey(code, system, each)))),
  )
}

function add({ system, value }: Token, { code, ofAnyCase }: Indexed, { token }: Collected): void {
  if (value === undefined && system === undefined) return
  const text = value === undefined ? '' : fit(ofAnyCase ? value.toLowerCase() : value)
  if (value !== undefined) token.add(tokenKey(code, text))
  token.add(systemTokenKey(code, system === undefined ? '' : fit(system), text))
}

/** A concept without a coding is found under its text: it is not missing. */
function addConcept(concept: Readonly<Record<string, unknown>>, parameter: Indexed, into: Collected): void {
  const codings = listOf(concept.coding)
  for (const coding of codings) index({ value: coding }, parameter, into)
  const text = textOf(concept.text)
  if (codings.length === 0 && text !== undefined) into.token.add(foldedKey(parameter.code, fold(text)))
}

/** An identifier that says of what type it is. */
function addTyped({ type, value }: Readonly<Record<string, unknown>>, { code }: Indexed, { token }: Collected): void {
  const text = textOf(value)
  if (text === undefined || !isObject(type)) return
  for (const coding of listOf(type.coding)) {
    const [system, kind] = isObject(coding) ? [textOf(coding.system), textOf(coding.code)] : []
    if (system === undefined || kind === undefined) continue
    token.add(ofTypeKey(code, { system: fit(system), code: fit(kind) }, fit(text)))
  }
}

/** Coding, CodeableConcept, Identifier, ContactPoint, and what is a single value: code, boolean, string, uri. */
function index({ value }: Found, parameter: Indexed, into: Collected): void {
  if (!isObject(value)) {
    const text = typeof value === 'boolean' || typeof value === 'number' ? String(value) : textOf(value)
    if (text !== undefined) add({ system: parameter.implicitSystem, value: text }, parameter, into)
    return
  }
  const system = textOf(value.system)
  const code = textOf(value.code) ?? textOf(value.value)
  if (system === undefined && code === undefined) addConcept(value, parameter, into)
  const isContact = system !== undefined && contactSystems.has(system) && 'value' in value
  add({ system: isContact ? undefined : system, value: code }, parameter, into)
  if ('type' in value) addTyped(value, parameter, into)
}

export const token: ParameterTypeRow = {
  understands: (modifier, definition) =>
    modifier === 'not' ||
    (modifier === 'of-type' && /\.identifier$/.test(definition.expression)) ||
    ((isOfValueSet(modifier) || isOfHierarchy(modifier)) && searchesCodes(definition)),
  modifiers: ['not', 'of-type', 'text', 'in', 'not-in', 'above', 'below'],
  parse,
  index,
}
