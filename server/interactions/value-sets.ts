/**
 * `:in`, `:not-in`, `:above` and `:below` by ValueSets and CodeSystems that are kept here: they are looked up as the
 * caller may search them, and their codes become a condition of the search. `docs/decisions/0040-hierarchies-of-codes.md`
 */
import type { Hierarchy } from '../../resources/hierarchy.ts'
import { type IssueCode, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { CodesOfSystem } from '../../resources/value-set.ts'
import { codesKept } from '../../search/codes-kept.ts'
import { codeSystemNamed, hierarchyKept } from '../../search/kept-code-system.ts'
import { valueSetNamed } from '../../search/kept-value-set.ts'
import { and, not, or, type Query } from '../../search/query.ts'
import type { Chain, Linked, MemberCriterion, SearchRequest, WantedValueSet } from '../../search/search-request.ts'
import { refuseHierarchy, subsumptionQuery, tooManyCodes } from '../../search/subsumption.ts'
import { mostCodes, refuseValueSet, valueSetQuery } from '../../search/value-set.ts'
import type { Found } from '../store/store.ts'
import type { Call, Context } from './interaction.ts'
import { type KeptDefinitions, keptDefinitions } from './kept-definitions.ts'

const resourceOf = ({ json }: Found): Resource => JSON.parse(Buffer.from(json).toString()) as Resource

const sizeOf = (parts: readonly CodesOfSystem[]): number => parts.reduce((sum, { codes = [] }) => sum + codes.length, 0)

/** The codes of one value set. Hidden is absent: both are unknown. */
async function listed(
  kept: KeptDefinitions,
  { code, named }: { readonly code: string; readonly named: WantedValueSet },
): Promise<Result<readonly CodesOfSystem[]>> {
  const [row, ...others] = await kept.find('ValueSet', valueSetNamed(named))
  if (row === undefined) return refuseValueSet(code, 'not-found', 'another')
  if (others.length > 0) return refuseValueSet(code, 'multiple-matches', 'several of this URL (say which by |version)')
  const parts = codesKept(resourceOf(row), kept.known)
  if (parts === undefined) return refuseValueSet(code, 'not-supported', 'one whose codes are not known')
  return sizeOf(parts) > mostCodes
    ? refuseValueSet(code, 'too-costly', `one of more than ${mostCodes} codes`)
    : ok(parts)
}

/** The hierarchy of one code system; or why there is none. */
async function hierarchyOf(
  kept: KeptDefinitions,
  system: string,
): Promise<Hierarchy | readonly [issue: IssueCode, found: string]> {
  const [row, ...others] = await kept.find('CodeSystem', codeSystemNamed(system))
  if (row === undefined) return ['not-found', 'one of another, or of one that is flat']
  if (others.length > 0) return ['multiple-matches', 'one of which several CodeSystems are kept']
  const hierarchy = hierarchyKept(resourceOf(row))
  return (
    hierarchy ?? ['not-supported', 'one whose CodeSystem is not complete, or has another hierarchyMeaning than is-a']
  )
}

const isRefusal = (hierarchy: Hierarchy | readonly [IssueCode, string]): hierarchy is readonly [IssueCode, string] =>
  Array.isArray(hierarchy)

async function queryOf(kept: KeptDefinitions, member: MemberCriterion): Promise<Result<Query>> {
  const { definition, known, negated, subsumed } = member
  const queries = [...known]
  for (const named of member.kept) {
    const parts = await listed(kept, { code: definition.code, named })
    if (!parts.ok) return parts
    queries.push(valueSetQuery(definition, parts.value))
  }
  for (const wanted of subsumed) {
    const hierarchy = await hierarchyOf(kept, wanted.system)
    if (isRefusal(hierarchy)) return refuseHierarchy(definition.code, ...hierarchy)
    const query = subsumptionQuery(definition, wanted, hierarchy)
    if (!query.ok) return query
    queries.push(query.value)
  }
  const keys = queries.reduce((sum, query) => sum + (query.op === 'key' ? query.in.length : 0), 0)
  if (subsumed.length > 0 && keys > mostCodes) return tooManyCodes(definition.code)
  return ok(negated ? not(or(...queries)) : or(...queries))
}

const asksInChain = ({ linked }: Chain): boolean =>
  linked.some(({ member, next }) => member !== undefined || (next !== undefined && asksInChain(next)))

/** The same chain with the codes of its value sets as conditions of what it leads to. */
async function chainWithMembers<Given extends Chain>(kept: KeptDefinitions, chain: Given): Promise<Result<Given>> {
  const linked: Linked[] = []
  for (const { member, next, ...each } of chain.linked) {
    const condition = member === undefined ? ok(and()) : await queryOf(kept, member)
    if (!condition.ok) return condition
    const further = next === undefined ? ok(undefined) : await chainWithMembers(kept, next)
    if (!further.ok) return further
    const query = and(each.query, condition.value)
    linked.push({ ...each, query, ...(further.value === undefined ? {} : { next: further.value }) })
  }
  return ok({ ...chain, linked })
}

/** A search with the codes of its kept value sets and hierarchies as conditions; fails by name for those that cannot be listed. */
async function withCodes(kept: KeptDefinitions, request: SearchRequest): Promise<Result<SearchRequest>> {
  const conditions: Query[] = []
  for (const member of request.members) {
    const condition = await queryOf(kept, member)
    if (!condition.ok) return condition
    conditions.push(condition.value)
  }
  const chains: SearchRequest['chains'][number][] = []
  for (const chain of request.chains) {
    const asked = await chainWithMembers(kept, chain)
    if (!asked.ok) return asked
    chains.push(asked.value)
  }
  return ok({ ...request, chains, query: and(request.query, ...conditions) })
}

/** @returns whether codes of a value set or code system that is kept here are asked for. */
export const asksKept = ({ members, chains }: SearchRequest): boolean => members.length > 0 || chains.some(asksInChain)

/**
 * @returns the searches of one request with the codes of kept value sets and code systems as conditions; the same where
 * none are asked. It comes before the record is looked at, so that the answer is the same whomever the search names.
 */
export async function withMembers<Requests extends readonly SearchRequest[]>(
  context: Context,
  call: Call,
  requests: Requests,
): Promise<Result<Requests>> {
  if (!requests.some(asksKept)) return ok(requests)
  const kept = keptDefinitions(context, call)
  const asked: SearchRequest[] = []
  for (const request of requests) {
    const each = await withCodes(kept, request)
    if (!each.ok) return each
    asked.push(each.value)
  }
  return ok(asked as readonly SearchRequest[] as Requests)
}
