/** The parameters that shape the answer rather than choose what is in it. https://hl7.org/fhir/R4/search.html#return */
import { fail, ok, type Result } from '../resources/outcome.ts'
import { unknownElement } from '../resources/subset.ts'
import { isCanonicalDate } from './canonical-date.ts'
import { readInclusion } from './read-inclusion.ts'
import { type Effect, type Reading, shownName, suggestion, unknown } from './search-effect.ts'
import type { SortKey, Summary, Total } from './search-request.ts'
import { refusePending } from './with-custom-parameters.ts'

type Read = (value: string, reading: Reading, name: string) => Result<Effect>

const bad = (name: string, expected: string): ReturnType<typeof fail> =>
  fail('badParameter', `${name}: expected ${expected}.`, `http.${name}`)

const totals: readonly Total[] = ['none', 'estimate', 'accurate']
const summaries: readonly Summary[] = ['true', 'text', 'data', 'count', 'false']

/** At most `maxCount` per page, and 0 for the number of matches alone. */
function readCount(value: string, { maxCount }: Reading): Result<Effect> {
  if (!/^\d{1,9}$/.test(value)) return bad('_count', 'a whole number, 0 or more')
  const count = Math.min(Number(value), maxCount)
  return ok({ controls: { count }, applied: String(count) })
}

function readTotal(value: string): Result<Effect> {
  const total = totals.find(known => known === value)
  return total === undefined ? bad('_total', totals.join(', ')) : ok({ controls: { total } })
}

function readSummary(value: string): Result<Effect> {
  const summary = summaries.find(known => known === value)
  return summary === undefined ? bad('_summary', summaries.join(', ')) : ok({ controls: { summary } })
}

/** An element that none of the types has would be left out of every answer, as if it were never filled. */
function readElements(value: string, reading: Reading): Result<Effect> {
  const elements = value.split(',')
  const named = elements.length <= 100 && elements.every(element => /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(element))
  if (!named) return bad('_elements', 'names of elements at the root of the resource, with commas between them')
  const { elementNames } = reading.catalog
  if (elementNames === undefined) return ok({ controls: { elements } })
  const types = reading.together.map(({ type }) => elementNames(type))
  const stray = unknownElement(elements, types)
  if (stray === undefined) return ok({ controls: { elements } })
  const sentence = `_elements: ${reading.served.type} has no element ${stray}.`
  return unknown(reading, '_elements', sentence + suggestion(stray, types[0]?.all ?? []))
}

function sortKey(written: string, { served, parameters }: Reading): SortKey | undefined {
  const descending = written.startsWith('-')
  const code = descending ? written.slice(1) : written
  if (code === '_id' || code === '_lastUpdated') return { by: code, descending }
  const definition = parameters.get(code)
  if (definition === undefined) return undefined
  return { by: isCanonicalDate(served, definition) ? 'date' : 'parameter', code, descending }
}

function readSort(value: string, reading: Reading): Result<Effect> {
  const written = value.split(',')
  if (written.length > 10) return bad('_sort', 'at most ten parameters')
  const sort: SortKey[] = []
  for (const part of written) {
    const key = sortKey(part, reading)
    if (key !== undefined) sort.push(key)
    else {
      const pending = refusePending(reading.served, part.replace(/^-/, ''))
      if (pending !== undefined) return pending
      const shown = shownName(part.replace(/^-/, '')) ?? 'this'
      const sentence = `_sort: ${reading.served.type} cannot be sorted by ${shown}.`
      return unknown(reading, '_sort', sentence + suggestion(shown, reading.parameters.keys()))
    }
  }
  return ok({ controls: { sort } })
}

/** Contained resources are found within those that hold them, and not by themselves. */
function readContained(value: string): Result<Effect> {
  return value === 'false'
    ? ok({})
    : bad('_contained', 'false: contained resources are not searched by themselves here; search what holds them')
}

/** It says which of the two comes back when a contained resource was found: none is, so that it has no meaning here. */
const readContainedType = (_value: string, reading: Reading): Result<Effect> =>
  unknown(
    reading,
    '_containedType',
    '_containedType: contained resources are not searched by themselves here; what holds them always comes back',
  )

/** By name. All but the inclusions may be given once. */
export const controlParameters: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['_contained', readContained],
  ['_containedType', readContainedType],
  ['_count', readCount],
  ['_elements', readElements],
  ['_include', readInclusion],
  ['_include:iterate', readInclusion],
  ['_revinclude', readInclusion],
  ['_revinclude:iterate', readInclusion],
  ['_sort', readSort],
  ['_summary', readSummary],
  ['_total', readTotal],
])

/** The parameters that others read: the form of the answer, and the page. */
export const passedOver: ReadonlySet<string> = new Set(['_format', '_pretty', '_page'])

/** The parameters that may be given more than once. */
export const repeatableControls: ReadonlySet<string> = new Set([
  '_include',
  '_include:iterate',
  '_revinclude',
  '_revinclude:iterate',
])
