/** The modifiers `:in` and `:not-in` of tokens, and `in` and `ni` of `_filter`: codes by the value set that holds them. https://hl7.org/fhir/R4/search.html#modifiers */
import { fail, failAll, type IssueCode, ok, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { type CodesOfSystem, codesOf } from '../resources/value-set.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { fit } from './fold.ts'
import { codesOfSeveralSystems } from './implicit-systems.ts'
import { systemPrefix, systemTokenKey } from './key.ts'
import { type Asked, badValue } from './parameter-type.ts'
import { key, or, type Query } from './query.ts'
import { isOfAnyCase, writings } from './token-elements.ts'

/** Each value set may hold 1,000 codes: so many are named in one list, and in a search. */
export const mostValueSets = 4
export const mostCodes = 1000

/** Whether a modifier asks by a value set. */
export const isOfValueSet = (modifier: string): boolean => modifier === 'in' || modifier === 'not-in'

/** Tokens that are no codes. */
const noCodes: ReadonlySet<string> = new Set(['ContactPoint', 'Identifier'])

/** Identifiers and telephone numbers are tokens and no codes; an id is no key. */
export function searchesCodes({ code, expression, elements }: SearchParameterDefinition): boolean {
  if (code === '_id') return false
  return elements === undefined
    ? !/\.(?:identifier|telecom)(?:\.where|$)/.test(expression)
    : elements.length === 0 || !elements.every(type => noCodes.has(type))
}

/** The version of the value sets that are known. */
const knownVersion = '4.0.1'

const remedy = 'list the codes that are meant, with commas between them'

/** Returns what finds one of the codes. A system whose codes are not known is asked for as a whole. */
export function valueSetQuery(definition: SearchParameterDefinition, parts: readonly CodesOfSystem[]): Query {
  const { code, expression } = definition
  const ofAnyCase = isOfAnyCase(definition)
  const stored = (system: string): string => (codesOfSeveralSystems.has(expression) ? '' : fit(system))
  const keys = parts.flatMap(({ system, codes = [] }) =>
    codes.flatMap(each => writings(each, ofAnyCase).map(value => systemTokenKey(code, stored(system), fit(value)))),
  )
  const whole = parts.flatMap(({ system, codes }) => (codes === undefined ? [systemPrefix(code, fit(system))] : []))
  return or(key(...keys), ...whole.map((prefix): Query => ({ op: 'prefix', prefix })))
}

/** The refusal of a value set whose codes are not known. */
export function refuseValueSet(code: string, issue: IssueCode, found: string): Result<never> {
  const diagnostics = `${code}: expected the canonical URL of a value set of R4 whose codes are known here, found ${found}; ${remedy}.`
  return failAll('badParameter', [{ diagnostics, expression: `http.${code}`, code: issue }])
}

/** Returns what finds the codes of the value set of one canonical URL. Fails by name when they are not known. */
export function readMembership(asked: Asked): Result<Query> {
  const { code } = asked.definition
  const [url = '', version = knownVersion, ...more] = splitEscaped(asked.value, '|').map(withoutEscapes)
  if (more.length > 0 || version !== knownVersion)
    return badValue(asked, `a canonical URL, without a version or with |${knownVersion}`)
  const { valueSets } = asked.surroundings
  const parts = valueSets === undefined ? undefined : codesOf(valueSets, url)
  if (parts === undefined) return refuseValueSet(code, 'not-found', 'another')
  if (parts === null)
    return refuseValueSet(
      code,
      'not-supported',
      'one of more than 1,000 codes, or one that only a terminology can list',
    )
  return ok(valueSetQuery(asked.definition, parts))
}

/** The refusal of a search that names too many value sets; undefined of any other. `effect.valueSets` is how many a `_filter` names, or asks as much as. */
export function refuseValueSets(
  asked: readonly { readonly name: string; readonly value: string; readonly effect: { readonly valueSets?: number } }[],
): Result<never> | undefined {
  let [count, last] = [0, '']
  for (const { name, value, effect } of asked) {
    const isNamed = name.endsWith(':in') || name.endsWith(':not-in')
    const named = isNamed ? splitEscaped(value, ',').length : (effect.valueSets ?? 0)
    if (named > 0) last = name
    count += named
  }
  if (count <= mostValueSets) return undefined
  const name = last.split(/[:.]/)[0] ?? ''
  return fail(
    'tooCostly',
    `expected a search by at most ${mostValueSets} value sets or hierarchies, found ${count}.`,
    `http.${name}`,
  )
}
