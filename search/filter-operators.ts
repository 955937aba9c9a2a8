/** The operators of `_filter`, by type of parameter. https://hl7.org/fhir/R4/search_filter.html */
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { ParameterType } from '../resources/search-parameter-definition.ts'
import { parseInstant, parseOverlap } from './date.ts'
import { fold } from './fold.ts'
import { exactKey, foldedKey, tokenKey } from './key.ts'
import type { Asked } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { key, not, type Query } from './query.ts'
import { readSubsumption } from './subsumption.ts'
import { isOfAnyCase } from './token-elements.ts'
import { readMembership, searchesCodes } from './value-set.ts'

/** The refusal of a test of a filter. */
export const badTest = (sentence: string): Result<never> =>
  fail('badParameter', `_filter: ${sentence}.`, 'http._filter')

/** What one operator asks of one value. */
export type Ask = (asked: Asked) => Result<Query>

const prefixed =
  (prefix: string): Ask =>
  asked =>
    asked.definition.code === '_lastUpdated'
      ? parseInstant({ ...asked, value: prefix + asked.value }, 'updated')
      : parameterTypes[asked.definition.type].parse({ ...asked, value: prefix + asked.value })

const compared = Object.fromEntries(
  ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'].map(prefix => [prefix, prefixed(prefix)]),
)

const asWritten: Ask = asked => parameterTypes[asked.definition.type].parse(asked)

/** A text, folded: an empty one is in everything, and asks nothing. */
const folded =
  (ask: (code: string, text: string) => Query): Ask =>
  ({ definition, value }) => {
    const text = fold(value)
    return text === '' ? badTest(`${definition.code} expected a text`) : ok(ask(definition.code, text))
  }

/** One of the keys of the parameter is another than the one that `eq` would find. */
const another: Ask = asked => {
  const { code, type } = asked.definition
  const same = asWritten(asked)
  if (!same.ok) return same
  const [only, ...others] = same.value.op === 'key' ? same.value.in : []
  // The writings of one value: keys hold the first.
  const isOne = others.length === 0 || (type === 'token' && isOfAnyCase(asked.definition))
  if (only === undefined || !isOne) return badTest(`${code} ne expected one value, in full`)
  const isTokenOfSystem = type === 'token' && !only.startsWith(tokenKey(code, ''))
  return ok({ op: 'prefix', prefix: isTokenOfSystem ? `${code}|` : exactKey(code, ''), except: only })
}

/** One of the codes is of the value set. */
const member: Ask = asked =>
  searchesCodes(asked.definition)
    ? readMembership(asked)
    : badTest(`${asked.definition.code} searches no codes, and value sets hold nothing else`)

/** None of the codes is of the value set, or there is none: R4 defines it so, other than `ne`. */
const noMember: Ask = asked => {
  const query = member(asked)
  return query.ok ? ok(not(query.value)) : query
}

/** The value subsumes one of the codes (`ss`), or is subsumed by one (`sb`). */
const subsumption =
  (direction: 'above' | 'below'): Ask =>
  asked =>
    searchesCodes(asked.definition)
      ? readSubsumption(asked, direction)
      : badTest(`${asked.definition.code} searches no codes, and hierarchies hold nothing else`)

/** What each operator asks, by type of parameter. `pr` is of all of them. */
export const operators: Readonly<Record<ParameterType, Readonly<Record<string, Ask>>>> = {
  string: {
    eq: folded((code, text) => key(foldedKey(code, text))),
    ne: folded((code, text) => ({ op: 'prefix', prefix: foldedKey(code, ''), except: foldedKey(code, text) })),
    co: folded((code, text) => ({ op: 'holds', prefix: foldedKey(code, ''), text, at: 'anywhere' })),
    sw: folded((code, text) => ({ op: 'prefix', prefix: foldedKey(code, text) })),
    ew: folded((code, text) => ({ op: 'holds', prefix: foldedKey(code, ''), text, at: 'end' })),
  },
  token: {
    eq: asWritten,
    ne: another,
    in: member,
    ni: noMember,
    ss: subsumption('below'),
    sb: subsumption('above'),
  },
  reference: { eq: asWritten, ne: another, re: asWritten },
  uri: {
    eq: asWritten,
    sw: ({ definition, value }) => ok({ op: 'prefix', prefix: exactKey(definition.code, value) }),
  },
  date: { ...compared, po: parseOverlap },
  number: compared,
  quantity: compared,
}
