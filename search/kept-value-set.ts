/** Value sets that are kept as resources: `:in` asks by them where R4 has none of the URL. https://hl7.org/fhir/R4/valueset.html#compositions */
import { ok, type Result } from '../resources/outcome.ts'
import { codesOf } from '../resources/value-set.ts'
import { alternativesIn } from './alternatives.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { fit } from './fold.ts'
import { exactKey, tokenKey } from './key.ts'
import { type Asked, badValue } from './parameter-type.ts'
import { and, key, type Query } from './query.ts'
import type { MemberCriterion, WantedValueSet } from './search-request.ts'
import { mostValueSets, readMembership } from './value-set.ts'

/** What finds a value set among the kept ones. */
export const valueSetNamed = ({ url, version }: WantedValueSet): Query =>
  and(key(exactKey('url', fit(url))), ...(version === undefined ? [] : [key(tokenKey('version', fit(version)))]))

function wanted(asked: Asked): Result<WantedValueSet> {
  const [url = '', version, ...more] = splitEscaped(asked.value, '|').map(withoutEscapes)
  if (more.length > 0 || url === '' || version === '')
    return badValue(asked, 'a canonical URL, with or without |version')
  return ok(version === undefined ? { url } : { url, version })
}

/**
 * Reads `:in` and `:not-in` where value sets are kept; undefined where R4 knows all that are named, or where no value
 * set of R4's URL is to be looked for: those are R4's own.
 */
export function readKeptMembership(asked: Asked): Result<MemberCriterion> | undefined {
  const { definition, surroundings, modifier } = asked
  const alternatives = alternativesIn(definition.code, asked.value, mostValueSets)
  if (!alternatives.ok) return alternatives
  const known: Query[] = []
  const kept: WantedValueSet[] = []
  for (const value of alternatives.value) {
    const named = wanted({ ...asked, value })
    if (!named.ok) return named
    const ofR4 = surroundings.valueSets && codesOf(surroundings.valueSets, named.value.url) !== undefined
    if (!ofR4) kept.push(named.value)
    const query = ofR4 ? readMembership({ ...asked, value }) : undefined
    if (query !== undefined && !query.ok) return query
    if (query !== undefined) known.push(query.value)
  }
  return kept.length === 0 ? undefined : ok({ definition, known, kept, subsumed: [], negated: modifier === 'not-in' })
}
