/** `_filter` as a query, the same as that of other parameters. https://hl7.org/fhir/R4/search_filter.html */
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { controlParameters } from './control-parameters.ts'
import { badTest, operators } from './filter-operators.ts'
import { type Filter, parseFilter } from './parse-filter.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { and, everything, not, nothing, or, type Query, scalar } from './query.ts'
import { readCompositeValue } from './read-composite.ts'
import { type Effect, type Reading, shownName, suggestion } from './search-effect.ts'
import { textQueries } from './too-wide.ts'
import { unsearched, untold } from './untold.ts'
import { refusePending } from './with-custom-parameters.ts'

type Test = Extract<Filter, { readonly op: 'test' }>

/** What a complaint about the parameter says is said of the filter. */
function within(read: Result<Query>): Result<Query> {
  if (read.ok) return read
  const [complaint] = read.failure.complaints
  const diagnostics = `_filter: ${complaint.diagnostics.replace(/^_filter: /, '')}`
  return failAll(read.failure.kind, [{ ...complaint, diagnostics, expression: 'http._filter' }])
}

const isAlwaysThere = (code: string): boolean => code === '_id' || code === '_lastUpdated'

function readPresent({ code }: SearchParameterDefinition, value: string): Result<Query> {
  if (value !== 'true' && value !== 'false') return badTest(`${code} pr expected true or false`)
  if (isAlwaysThere(code)) return ok(value === 'true' ? everything : nothing)
  const missing: Query = { op: 'missing', code }
  return ok(value === 'true' ? not(missing) : missing)
}

/** The parameters that scalars of the row answer. */
function readScalar({ comparison, value }: Test, definition: SearchParameterDefinition): Result<Query> | undefined {
  if (definition.code !== '_id') return undefined
  if (comparison === 'eq') return ok(scalar('id', value))
  return comparison === 'ne' ? ok(not(scalar('id', value))) : badTest('_id takes eq, ne and pr')
}

/** What is no parameter of the type, or none that is answered. */
function refuseName(path: string, { served, parameters }: Reading): Result<never> {
  const pending = refusePending(served, path)
  if (pending !== undefined) return pending
  const isBeside = controlParameters.has(path) || path === '_list' || path === '_filter'
  const why = isBeside ? undefined : (unsearched.get(path) ?? untold(served.type, path))
  const shown = shownName(path) ?? 'this'
  if (isBeside)
    return fail(
      'unknownParameter',
      `_filter: ${path} stands beside _filter, as a parameter of its own.`,
      'http._filter',
    )
  const remedy = /[.[:]/.test(path) ? '; chains stand beside _filter, as parameters of their own' : ''
  const no = `${served.type} has no search parameter ${shown}${remedy}.${suggestion(shown, parameters.keys())}`
  return fail('unknownParameter', `_filter: ${why === undefined ? no : `${shown}: ${why}.`}`, 'http._filter')
}

/** A composite is equal or it is not: R4 tells no other operator what to do with two values. */
function readComposed({ path, comparison, value }: Test, reading: Reading): Result<Query> | undefined {
  const composite = reading.served.composites?.get(path)
  if (composite === undefined) return undefined
  return comparison === 'eq'
    ? within(readCompositeValue(composite, value, reading))
    : fail('unknownParameter', `_filter: ${path}, a composite parameter, takes eq.`, 'http._filter')
}

function readTest(test: Test, reading: Reading): Result<Query> {
  const { path, comparison, value } = test
  const definition = reading.parameters.get(path)
  if (definition === undefined) return readComposed(test, reading) ?? refuseName(path, reading)
  if (isPatientScalar(reading.served, definition))
    return badTest(`${path} names whose record is searched: it stands beside _filter, as a parameter of its own`)
  if (comparison === 'pr') return readPresent(definition, value)
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
