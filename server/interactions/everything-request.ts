/** What $everything is asked for, from its parameters or from the link to one of its pages. https://hl7.org/fhir/R4/patient-operation-everything.html */
import type { Link } from '../../resources/bundle.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { toInterval } from '../../search/date-interval.ts'
import { and, everything, type Query } from '../../search/query.ts'
import { queryString } from '../../search/self-link.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Position } from '../store/store.ts'
import type { Call, Context } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import { openPage, pageQueries } from './page-link.ts'
import { linksTooLong, selfLink } from './paging-links.ts'
import { formed, urlOf } from './search-address.ts'

/** The row after which a page begins. */
export interface Start {
  readonly type: string
  readonly after?: Position
}

export interface EverythingRequest {
  /** The parameters as they were applied, as a query. */
  readonly query: string
  readonly applied: readonly (readonly [string, string])[]
  /** Types of the record, in the order of the answer: Patient first. */
  readonly types: readonly string[]
  /** Types of the directory that come along where they are referred to. */
  readonly along: ReadonlySet<string>
  /** The time that is asked for. */
  readonly within: Query
  /** The most matches of one page; undefined: all in one. */
  readonly count: number | undefined
  readonly start: Start | undefined
}

/** A page flows as the whole does: it may be longer than that of a search. */
const mostOnPage = 1000

/** The trail keeps its own rules, and is searched: `AuditEvent?patient=`. */
const trail = 'AuditEvent'

const first = (type: string): number => (type === 'Patient' ? 0 : 1)

type Parts = Pick<EverythingRequest, 'types' | 'along'>

/** What is served, or what of it is named. */
function typesOf({ catalog }: Context, lists: readonly string[]): Result<Parts> {
  const named = lists.flatMap(list => list.split(',').map(name => name.trim()))
  const wrong = named.find(name => name === trail || !catalog.types.has(name))
  if (wrong === trail)
    return fail(
      'badParameter',
      `expected types of the record in _type, found ${trail}: search it by patient`,
      'http._type',
    )
  if (wrong !== undefined)
    return fail('badParameter', `expected types that are served in _type, found "${wrong.slice(0, 64)}"`, 'http._type')
  const asked = [...catalog.types.keys()].filter(type => type !== trail && (named.length === 0 || named.includes(type)))
  const types = asked.filter(type => belongsToRecords(catalog, type)).sort((one, other) => first(one) - first(other))
  if (types.length === 0)
    return fail(
      'badParameter',
      'expected a type of the record in _type: those of the directory come along with what refers to them',
      'http._type',
    )
  return ok({ types, along: new Set(asked.filter(type => !belongsToRecords(catalog, type))) })
}

/** Each parameter about time: which instant of a row it asks, and how. */
const times = {
  start: ({ low }: Span): Query => ({ op: 'instant', name: 'date', from: low }),
  end: ({ high }: Span): Query => ({ op: 'instant', name: 'date', before: high }),
  _since: ({ low }: Span): Query => ({ op: 'instant', name: 'updated', from: low }),
} as const

type Span = { readonly low: number; readonly high: number }

function withinOf({ zone }: Context, valueNamed: (name: string) => string | undefined): Result<Query> {
  let within = everything
  for (const [name, query] of Object.entries(times)) {
    const value = valueNamed(name)
    if (value === undefined) continue
    const span = toInterval(value, zone)
    if (span === undefined)
      return fail(
        'badParameter',
        `expected a date such as 2024, 2024-05-31 or 2024-05-31T10:30:00Z for ${name}`,
        `http.${name}`,
      )
    within = and(within, query(span))
  }
  return ok(within)
}

function countOf(asked: string | undefined): Result<number | undefined> {
  if (asked === undefined) return ok(undefined)
  return /^[1-9]\d{0,8}$/.test(asked)
    ? ok(Math.min(Number(asked), mostOnPage))
    : fail('badParameter', 'expected a positive whole number for _count', 'http._count')
}

function read(context: Context, call: Call, start: Start | undefined): Result<EverythingRequest> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const asked = parameters.value.map(([name, value]) => [name, value] as const)
  const valueNamed = (name: string): string | undefined => asked.find(([each]) => each === name)?.[1]
  const types = typesOf(
    context,
    asked.flatMap(([name, value]) => (name === '_type' ? [value] : [])),
  )
  if (!types.ok) return types
  const within = withinOf(context, valueNamed)
  if (!within.ok) return within
  const count = countOf(valueNamed('_count'))
  if (!count.ok) return count
  const applied = asked.map(([name, value]) => [name, name === '_count' ? String(count.value) : value] as const)
  return ok({ ...types.value, within: within.value, count: count.value, applied, query: queryString(applied), start })
}

const addressOf = ({ type, id, operation }: Call): string => `${type}/${id}/$${operation}`

/** @returns the request; 400 for what it does not know, and for a link that is foreign, changed or too old. */
export function everythingRequest(context: Context, call: Call): Result<EverythingRequest> {
  const page = openPage<Start>(context, call, addressOf(call))
  if (!page.ok) return page
  return read(context, { ...call, parameters: page.value.parameters }, page.value.start)
}

/** @returns the links of an answer; `next` is where the page after it begins. */
export function linksOf(
  context: Context,
  call: Call,
  at: { request: EverythingRequest; next?: Start | undefined },
): readonly Link[] {
  const { query, applied, start } = at.request
  const address = addressOf(call)
  const urlWith = (asked: string): string => urlOf(context, address, formed(call, asked))
  const queryOf = pageQueries<Start>(context, call, {
    ...{ address, parameters: applied, self: start, next: at.next },
  })
  const self = selfLink(query, { isFirst: start === undefined, urlWith, queryOf, most: context.mostUrlBytes })
  return at.next === undefined ? [self] : [self, { relation: 'next', url: urlWith(queryOf('next')) }]
}

/** A place where a page may begin, and none of which takes more letters. */
const farthest: Start = {
  type: 'T'.repeat(64),
  after: { value: -Number.MAX_SAFE_INTEGER, tie: Number.MAX_SAFE_INTEGER },
}

/** @returns 400 where a page could have a link to the next that is longer than a URL may be: once the answer flows it is too late. */
export function refuseLongLinks(context: Context, call: Call, request: EverythingRequest): Result<never> | undefined {
  if (request.count === undefined) return undefined
  const [, next] = linksOf(context, call, { request, next: farthest })
  return next === undefined || next.url.length <= context.mostUrlBytes
    ? undefined
    : linksTooLong(context, 'name each type once in _type, write dates in their usual length, or ask without _count')
}
