/** Parameters of type quantity. https://hl7.org/fhir/R4/search.html#quantity */
import { ok, type Result } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { isObject } from './element.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { expectedNumber, numberQuery } from './number.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { quantityInterval } from './quantity-interval.ts'
import type { AskedUnit, Query } from './query.ts'

const expected = `${expectedNumber}, then nothing, |system|code or ||unit`

/** The unit of `number|system|code` and `number||unit`; 'wrong' for another number of parts. */
function parseUnit(parts: readonly string[]): AskedUnit | undefined | 'wrong' {
  const [, system, code] = parts.map(withoutEscapes)
  if (parts.length === 1) return undefined
  if (parts.length !== 3 || system === undefined || code === undefined || code === '') return 'wrong'
  return system === '' ? { unit: code } : { system, code }
}

function parse(asked: Asked): Result<Query> {
  const parts = splitEscaped(asked.value, '|')
  const unit = parseUnit(parts)
  const query = unit === 'wrong' ? undefined : numberQuery(asked.definition.code, parts[0] ?? '', unit)
  return query === undefined ? badValue(asked, expected) : ok(query)
}

function index({ value }: Found, { code }: Indexed, { quantity: into }: Collected): void {
  const interval = isObject(value) ? quantityInterval(value) : undefined
  if (interval !== undefined) into.push({ name: code, ...interval })
}

export const quantity: ParameterTypeRow = { understands: () => false, modifiers: [], parse, index }
