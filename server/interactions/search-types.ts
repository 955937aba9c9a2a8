/** A search over several types, from its URL or from a link to one of its pages. https://hl7.org/fhir/R4/http.html#search */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { refuseCostly } from '../../search/chain-costs.ts'
import { parseSearch } from '../../search/parse-search.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Denial } from '../../security/decision.ts'
import type { Order } from '../store/store.ts'
import { refusedChain } from './chains.ts'
import type { Call, Context } from './interaction.ts'
import { openPage } from './page-link.ts'
import { addressOf, withinCompartment } from './search-address.ts'
import { indexedOrder, type PageStart } from './search-page.ts'

/** The same search as each of its types understands it. */
export interface TypesSearch {
  readonly requests: readonly [SearchRequest, ...SearchRequest[]]
  /** `_type`, and what was applied of the rest. */
  readonly applied: SearchRequest['applied']
  /** The order of an index; undefined where rows are sorted in memory. */
  readonly order: Order | undefined
  readonly start: PageStart | undefined
}

/** The trail keeps rules of its own, and is searched by itself. */
const trail = 'AuditEvent'

/** A link of theirs is none to a search of one type. */
export const linkedAt = (call: Call): string => `several ${addressOf(call)}`

const bad = (name: string, sentence: string): Result<never> => fail('badParameter', sentence, `http.${name}`)

/** The types that a search may be about: all that are searched, or those of a compartment. */
const typesOf = ({ catalog }: Context, { compartment }: Call): readonly string[] =>
  [...catalog.types.values()]
    .filter(({ type, interactions }) => type !== trail && interactions.has('search-type'))
    .filter(served => compartment === undefined || served.compartment.length > 0)
    .map(({ type }) => type)

/** @returns the types that are named, each once; undefined when none is. */
function typesNamed(context: Context, call: Call): Result<readonly string[] | undefined> {
  const lists = call.parameters.filter(([name]) => name === '_type')
  if (lists.length === 0) return ok(undefined)
  if (lists.length > 1) return bad('_type', 'expected _type once, with commas between the types')
  const named = [...new Set(lists.flatMap(([, list]) => list.split(',')))]
  const possible = new Set(typesOf(context, call))
  if (named.includes(trail)) return bad('_type', `expected types other than ${trail}: search it by itself`)
  const wrong = named.find(type => !possible.has(type))
  return wrong === undefined
    ? ok(named)
    : bad(
        '_type',
        `expected types that are searched ${call.compartment === undefined ? 'here' : 'in this compartment'}`,
      )
}

const refusalOf = ({ regime, now }: Context, { principal }: Call, type: string): Denial | undefined =>
  regime.gate({ principal, interaction: 'search-type', type, now: now() })

/**
 * The types that are searched, after what the token refuses of them. All that are named must be allowed; where none is
 * named, all of the server must be, or any of a compartment: then those that are not are left out.
 */
function allowedTypes(
  context: Context,
  call: Call,
  named: readonly string[] | undefined,
): { readonly types: readonly string[] } | { readonly denial: Denial } | { readonly failure: Result<never> } {
  const asked = named ?? typesOf(context, call)
  const refused = new Map(asked.flatMap(type => [[type, refusalOf(context, call, type)] as const]))
  const types = asked.filter(type => refused.get(type) === undefined)
  const [denial] = [...refused.values()].filter(each => each !== undefined)
  if (denial === undefined) return { types }
  if (named !== undefined || types.length === 0) return { denial }
  if (call.compartment !== undefined) return { types }
  return { failure: bad('_type', 'expected _type with the types to search: this token does not open all of them') }
}

function parsed(context: Context, call: Call, { types, parameters }: Asked): Result<TypesSearch['requests']> {
  const { catalog, zone, base, maxCount } = context
  const how = { catalog, zone, now: context.now(), base, maxCount, lenient: false, chains: true, together: types }
  const requests: SearchRequest[] = []
  for (const type of types) {
    const request = parseSearch({ type, parameters, ...how })
    if (!request.ok) return request
    requests.push(withinCompartment(call, request.value))
  }
  const [first, ...others] = requests
  if (first === undefined) return bad('_type', 'expected types to search, found none')
  const refused = refuseCostly(requests.flatMap(({ chains }) => chains))
  return refused ?? ok([first, ...others])
}

interface Asked {
  readonly types: readonly string[]
  readonly named: readonly string[] | undefined
  readonly parameters: Call['parameters']
}

/** The kinds of values that a key of the order has, over all types: they must be compared with each other. */
const kindsOf = ({ catalog }: Context, requests: TypesSearch['requests'], at: number): ReadonlySet<string> =>
  new Set(
    requests.map(({ type, sort }) => {
      const key = sort[at]
      if (key?.by !== 'parameter') return key?.by === '_id' ? 'id' : 'date'
      return catalog.types.get(type)?.parameters.get(key.code)?.type ?? 'token'
    }),
  )

/** The order that the database has an index for, where it is that of every type; undefined where rows must be sorted here. */
function orderOf(context: Context, requests: TypesSearch['requests']): Result<Order | undefined> {
  const [{ sort }] = requests
  const mixed = sort.findIndex((_key, at) => kindsOf(context, requests, at).size > 1)
  if (mixed >= 0)
    return bad('_sort', `expected _lastUpdated, _id or a parameter of one kind in all of the types, found another`)
  const orders = requests.map(indexedOrder)
  const [order] = orders
  return ok(orders.every(each => JSON.stringify(each) === JSON.stringify(order)) ? order : undefined)
}

function searched(context: Context, call: Call, asked: Asked): Result<Omit<TypesSearch, 'start'>> {
  const requests = parsed(context, call, asked)
  if (!requests.ok) return requests
  const order = orderOf(context, requests.value)
  if (!order.ok) return order
  const types = asked.named === undefined ? [] : [['_type', asked.named.join(',')] as const]
  return ok({ requests: requests.value, applied: [...types, ...requests.value[0].applied], order: order.value })
}

/** What the token refuses of the types that are followed. */
const refusedLink = (context: Context, call: Call, requests: TypesSearch['requests']): Denial | undefined =>
  refusedChain(context, call, { chains: requests.flatMap(({ chains }) => chains) })

/** @returns the search; or what the token refuses of it; fails for parameters that are not common to its types, and for foreign links. */
export function openTypesSearch(context: Context, given: Call): Result<TypesSearch | { readonly denial: Denial }> {
  const page = openPage<PageStart>(context, given, linkedAt(given))
  if (!page.ok) return page
  const { parameters: asked, start } = page.value
  const call = { ...given, parameters: asked }
  const named = typesNamed(context, call)
  if (!named.ok) return named
  const allowed = allowedTypes(context, call, named.value)
  if ('failure' in allowed) return allowed.failure
  if ('denial' in allowed) return ok(allowed)
  const parameters = call.parameters.filter(([name]) => name !== '_type')
  const search = searched(context, call, { types: allowed.types, named: named.value, parameters })
  if (!search.ok) return search
  const denial = refusedLink(context, call, search.value.requests)
  return ok(denial === undefined ? { ...search.value, start } : { denial })
}
