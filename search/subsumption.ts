/** The modifiers `:above` and `:below` of tokens, and `sb` and `ss` of `_filter`: codes by the hierarchy of their system. https://hl7.org/fhir/R4/search.html#modifiers */
import { type Hierarchy, subsumedBy, subsuming } from '../resources/hierarchy.ts'
import { fail, failAll, type IssueCode, ok, type Result } from '../resources/outcome.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { fit } from './fold.ts'
import { implicitSystems } from './implicit-systems.ts'
import { systemTokenKey } from './key.ts'
import { type Asked, badValue } from './parameter-type.ts'
import { key, or, type Query } from './query.ts'
import type { WantedCode } from './search-request.ts'
import { isOfAnyCase, writings } from './token-elements.ts'
import { mostCodes, valueSetQuery } from './value-set.ts'

/** Whether a modifier asks by a hierarchy. */
export const isOfHierarchy = (modifier: string): modifier is WantedCode['direction'] =>
  modifier === 'above' || modifier === 'below'

const remedy = 'list the codes that are meant, with commas between them'

/** The refusal of a code whose place among others is not known. */
export function refuseHierarchy(code: string, issue: IssueCode, found: string): Result<never> {
  const diagnostics = `${code}: expected a code of a system whose hierarchy is known here, found ${found}; ${remedy}.`
  return failAll('badParameter', [{ diagnostics, expression: `http.${code}`, code: issue }])
}

export const tooManyCodes = (code: string): Result<never> =>
  fail(
    'tooCostly',
    `${code}: expected at most ${mostCodes} codes above or below, found more; ${remedy}.`,
    `http.${code}`,
  )

/** The system of an element of type code, whose value set implies it. */
function impliedSystem({ code, expression }: Asked['definition']): string | undefined {
  const type = /^[A-Za-z]+/.exec(expression)?.[0]
  return implicitSystems.get(`${type}.${code}`)
}

/** Returns the code that is named, with its system: without one nobody knows which hierarchy is meant. */
export function readCode(asked: Asked): Result<Omit<WantedCode, 'direction'>> {
  const parts = splitEscaped(asked.value, '|').map(withoutEscapes)
  const [system = '', code = '', ...more] = parts.length > 1 ? parts : [impliedSystem(asked.definition), ...parts]
  return system === '' || code === '' || more.length > 0
    ? badValue(asked, 'system|code: the system says which hierarchy of codes is meant')
    : ok({ system, code })
}

/** Returns what finds a code of `hierarchy` and all that it subsumes, or all that subsume it. Fails for a code that is not of it, and for more than 1,000. */
export function subsumptionQuery(
  definition: Asked['definition'],
  { system, code, direction }: WantedCode,
  hierarchy: Hierarchy,
): Result<Query> {
  const codes = (direction === 'below' ? subsumedBy : subsuming)(hierarchy, code, mostCodes)
  if (codes.size === 0) return refuseHierarchy(definition.code, 'not-found', 'one that its system has not')
  if (codes.size > mostCodes) return tooManyCodes(definition.code)
  return ok(valueSetQuery(definition, [{ system, codes: [...codes] }]))
}

/** Media types are below one that has no parameters, or fewer. https://hl7.org/fhir/R4/search.html#mimetype */
export const mediaTypes = 'urn:ietf:bcp:13'

function belowMediaType({ definition, value }: Asked): Query {
  const codes = writings(value, isOfAnyCase(definition)).map(each =>
    fit(withoutEscapes(splitEscaped(each, '|').at(-1) ?? '')),
  )
  const keys = codes.map(code => systemTokenKey(definition.code, mediaTypes, code))
  return or(key(...keys), ...keys.map((each): Query => ({ op: 'prefix', prefix: `${each};` })))
}

/** Returns what finds the codes above or below one code of R4's systems, itself among them. */
export function readSubsumption(asked: Asked, direction: WantedCode['direction']): Result<Query> {
  const { definition, surroundings } = asked
  const named = readCode(asked)
  if (!named.ok) return named
  if (named.value.system === mediaTypes && direction === 'below') return ok(belowMediaType(asked))
  const hierarchy = surroundings.hierarchies?.(named.value.system)
  return hierarchy === undefined
    ? refuseHierarchy(definition.code, 'not-found', 'one of another, or of one that is flat')
    : subsumptionQuery(definition, { ...named.value, direction }, hierarchy)
}
