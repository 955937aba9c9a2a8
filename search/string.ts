/** Parameters of type string. https://hl7.org/fhir/R4/search.html#string */
import { ok, type Result } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { isObject, listOf, textOf } from './element.ts'
import { withoutEscapes } from './escape.ts'
import { fit, fold } from './fold.ts'
import { exactKey, foldedKey } from './key.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { key, type Query } from './query.ts'

/** The parts of a HumanName and of an Address by each of which it is found. */
const parts = [
  ...['text', 'family', 'given', 'prefix', 'suffix'],
  ...['line', 'city', 'district', 'state', 'postalCode', 'country'],
]

function parse(asked: Asked): Result<Query> {
  const { code } = asked.definition
  const text = withoutEscapes(asked.value)
  if (asked.modifier === 'exact') return ok(key(exactKey(code, fit(text))))
  const folded = fold(text)
  if (folded === '') return badValue(asked, 'a text')
  return asked.modifier === 'contains'
    ? ok({ op: 'holds', prefix: foldedKey(code, ''), text: folded, at: 'anywhere' })
    : ok({ op: 'prefix', prefix: foldedKey(code, folded) })
}

function addText(text: string, { code }: Indexed, { token }: Collected): void {
  const folded = fold(text)
  if (folded !== '') token.add(foldedKey(code, folded))
  token.add(exactKey(code, fit(text)))
}

/** `given family` and `family given`: people type a whole name into one field. */
function addWholeName(name: Readonly<Record<string, unknown>>, { code }: Indexed, { token }: Collected): void {
  const [family, given] = [
    textOf(name.family),
    listOf(name.given)
      .filter(part => typeof part === 'string')
      .join(' '),
  ]
  if (family === undefined || given === '') return
  token.add(foldedKey(code, fold(`${given} ${family}`)))
  token.add(foldedKey(code, fold(`${family} ${given}`)))
}

function index({ value }: Found, parameter: Indexed, into: Collected): void {
  const plain = textOf(value)
  if (plain !== undefined) addText(plain, parameter, into)
  if (!isObject(value)) return
  for (const part of parts) {
    for (const text of listOf(value[part])) {
      const written = textOf(text)
      if (written !== undefined) addText(written, parameter, into)
    }
  }
  addWholeName(value, parameter, into)
}

export const string: ParameterTypeRow = {
  understands: modifier => modifier === 'exact' || modifier === 'contains',
  modifiers: ['exact', 'contains'],
  parse,
  index,
}
