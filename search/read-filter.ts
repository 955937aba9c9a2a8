/** `_filter` as a query, the same as that of other parameters. https://hl7.org/fhir/R4/search_filter.html */
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'
import type { ParameterType, SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { parseInstant, parseOverlap } from './date.ts'
import { fold } from './fold.ts'
import { exactKey, foldedKey, tokenKey } from './key.ts'
import type { Asked } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { type Filter, parseFilter } from './parse-filter.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { and, key, not, or, type Query, scalar } from './query.ts'
import { type Effect, type Reading, shownName, suggestion } from './search-effect.ts'
import { readSubsumption } from './subsumption.ts'
import { textQueries } from './too-wide.ts'
import { untold } from './untold.ts'
import { readMembership, searchesCodes } from './value-set.ts'
import { refusePending } from './with-custom-parameters.ts'

type Test = Extract<Filter, { readonly op: 'test' }>
type Ask = (asked: Asked) => Result<Query>

const bad = (sentence: string): Result<never> => fail('badParameter', `_filter: ${sentence}.`, 'http._filter')

/** What a complaint about the parameter says is said of the filter. */
function within(read: Result<Query>): Result<Query> {
  if (read.ok) return read
  const [complaint] = read.failure.complaints
  const diagnostics = `_filter: ${complaint.diagnostics.replace(/^_filter: /, '')}`
  return failAll(read.failure.kind, [{ ...complaint, diagnostics, expression: 'http._filter' }])
}

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
    return text === '' ? bad(`${definition.code} expected a text`) : ok(ask(definition.code, text))
  }

/** One of the keys of the parameter is another than the one that `eq` would find. */
const another: Ask = asked => {
  const { code, type } = asked.definition
  const same = asWritten(asked)
  if (!same.ok) return same
  const [only, ...others] = same.value.op === 'key' ? same.value.in : []
  if (only === undefined || others.length > 0) return bad(`${code} ne expected one value, in full`)
  const isTokenOfSystem = type === 'token' && !only.startsWith(tokenKey(code, ''))
  return ok({ op: 'prefix', prefix: isTokenOfSystem ? `${code}|` : exactKey(code, ''), except: only })
}

/** One of the codes is of the value set. */
const member: Ask = asked =>
  searchesCodes(asked.definition)
    ? readMembership(asked)
    : bad(`${asked.definition.code} searches no codes, and value sets hold nothing else`)

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
      : bad(`${asked.definition.code} searches no codes, and hierarchies hold nothing else`)

/** What each operator asks, by type of parameter. `pr` is of all of them. */
const operators: Readonly<Record<ParameterType, Readonly<Record<string, Ask>>>> = {
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

function readPresent({ code }: SearchParameterDefinition, value: string): Result<Query> {
  if (value !== 'true' && value !== 'false') return bad(`${code} pr expected true or false`)
  const missing: Query = { op: 'missing', code }
  return ok(value === 'true' ? not(missing) : missing)
}

/** The parameters that scalars of the row answer. */
function readScalar({ comparison, value }: Test, definition: SearchParameterDefinition): Result<Query> | undefined {
  if (definition.code !== '_id') return undefined
  if (comparison === 'eq') return ok(scalar('id', value))
  return comparison === 'ne' ? ok(not(scalar('id', value))) : bad('_id takes eq and ne')
}

/** What is no parameter of the type, or none that is answered. */
function refuseName(path: string, { served, parameters }: Reading): Result<never> {
  const pending = refusePending(served, path)
  if (pending !== undefined) return pending
  const why = untold(served.type, path)
  const shown = shownName(path) ?? 'this'
  const remedy = /[.[:]/.test(path) ? '; chains stand beside _filter, as parameters of their own' : ''
  const no = `${served.type} has no search parameter ${shown}${remedy}.${suggestion(shown, parameters.keys())}`
  return fail('unknownParameter', `_filter: ${why === undefined ? no : `${shown}: ${why}.`}`, 'http._filter')
}

function readTest(test: Test, reading: Reading): Result<Query> {
  const { path, comparison, value } = test
  const definition = reading.parameters.get(path)
  if (definition === undefined) return refuseName(path, reading)
  if (isPatientScalar(reading.served, definition))
    return bad(`${path} names whose record is searched: it stands beside _filter, as a parameter of its own`)
  if (comparison === 'pr' && path !== '_id' && path !== '_lastUpdated') return readPresent(definition, value)
  const asked = { definition, modifier: '', value, surroundings: reading.surroundings }
  const ofType = operators[definition.type]
  const ask = Object.hasOwn(ofType, comparison) ? ofType[comparison] : undefined
  const byScalar = readScalar(test, definition)
  if (byScalar !== undefined) return byScalar
  return ask === undefined
    ? fail(
        'unknownParameter',
        `_filter: ${path}, a parameter of type ${definition.type}, takes ${[...Object.keys(ofType), 'pr'].join(', ')}.`,
        'http._filter',
      )
    : within(ask(asked))
}

function toQuery(filter: Filter, reading: Reading): Result<Query> {
  if (filter.op === 'test') return readTest(filter, reading)
  if (filter.op === 'not') {
    const inner = toQuery(filter.of, reading)
    return inner.ok ? ok(not(inner.value)) : inner
  }
  const queries: Query[] = []
  for (const part of filter.of) {
    const query = toQuery(part, reading)
    if (!query.ok) return query
    queries.push(query.value)
  }
  return ok(filter.op === 'and' ? and(...queries) : or(...queries))
}

const mostTexts = 10

/** The operators that may each stand for 1,000 codes. */
const ofManyCodes = new Set(['in', 'ni', 'ss', 'sb'])

/** How many tests name a value set, or a place in a hierarchy. */
function valueSetsIn(filter: Filter): number {
  if (filter.op === 'test') return ofManyCodes.has(filter.comparison) ? 1 : 0
  if (filter.op === 'not') return valueSetsIn(filter.of)
  return filter.of.reduce((sum, part) => sum + valueSetsIn(part), 0)
}

/** Reads one `_filter`. Several must all hold, as everywhere. */
export function readFilterParameter(value: string, reading: Reading): Result<Effect> {
  const filter = parseFilter(value)
  if (!filter.ok) return filter
  const query = toQuery(filter.value, reading)
  if (!query.ok) return query
  return textQueries(query.value).length > mostTexts
    ? fail('tooCostly', `_filter: expected at most ${mostTexts} tests by co or ew, found more.`, 'http._filter')
    : ok({ query: query.value, valueSets: valueSetsIn(filter.value) })
}
