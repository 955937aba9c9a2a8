/**
 * `:in` and `:not-in` by ValueSets that are kept here: they are looked up as the caller may search them, and the codes
 * that they list become a condition of the search. `docs/decisions/0029-codes-come-from-the-definitions.md`
 */
import { ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { CodesOfSystem } from '../../resources/value-set.ts'
import { codesListed, valueSetNamed } from '../../search/kept-value-set.ts'
import { and, not, or, type Query } from '../../search/query.ts'
import type { MemberCriterion, SearchRequest, WantedValueSet } from '../../search/search-request.ts'
import { mostCodes, refuseValueSet, valueSetQuery } from '../../search/value-set.ts'
import { decideWith } from './access.ts'
import type { Call, Context } from './interaction.ts'

const order = { by: 'date', descending: true } as const

/** The ValueSets of that name which the caller may see: two at most, for one must be the only one. */
async function visible(context: Context, { principal }: Call, named: WantedValueSet) {
  const { regime, store, now } = context
  const searching = { principal, interaction: 'search-type', type: 'ValueSet' } as const
  if (regime.gate({ ...searching, now: now() }) !== undefined) return []
  const decision = decideWith(context, searching, { patient: null, facts: undefined })
  if (decision.effect === 'deny') return []
  const { restriction } = decision
  return store.page({ restriction, type: 'ValueSet', query: valueSetNamed(named), order, limit: 2 })
}

const sizeOf = (parts: readonly CodesOfSystem[]): number => parts.reduce((sum, { codes = [] }) => sum + codes.length, 0)

/** The codes of one value set. Hidden is absent: both are unknown. */
async function listed(
  context: Context,
  call: Call,
  { code, named }: { readonly code: string; readonly named: WantedValueSet },
): Promise<Result<readonly CodesOfSystem[]>> {
  const [row, ...others] = await visible(context, call, named)
  if (row === undefined) return refuseValueSet(code, 'not-found', 'another')
  if (others.length > 0) return refuseValueSet(code, 'multiple-matches', 'several of this URL (say which by |version)')
  const parts = codesListed(JSON.parse(Buffer.from(row.json).toString()) as Resource)
  if (parts === undefined) return refuseValueSet(code, 'not-supported', 'one that does not list its codes')
  return sizeOf(parts) > mostCodes
    ? refuseValueSet(code, 'too-costly', `one of more than ${mostCodes} codes`)
    : ok(parts)
}

async function queryOf(context: Context, call: Call, member: MemberCriterion): Promise<Result<Query>> {
  const { definition, known, kept, negated } = member
  const queries = [...known]
  for (const named of kept) {
    const parts = await listed(context, call, { code: definition.code, named })
    if (!parts.ok) return parts
    queries.push(valueSetQuery(definition, parts.value))
  }
  return ok(negated ? not(or(...queries)) : or(...queries))
}

/**
 * @returns the search with the codes of its kept value sets as conditions; fails by name for one that cannot be listed.
 * It comes before the record is looked at, so that the answer is the same whomever the search names.
 */
export async function withMembers(
  context: Context,
  call: Call,
  request: SearchRequest,
): Promise<Result<SearchRequest>> {
  if (request.members.length === 0) return ok(request)
  const conditions: Query[] = []
  for (const member of request.members) {
    const condition = await queryOf(context, call, member)
    if (!condition.ok) return condition
    conditions.push(condition.value)
  }
  return ok({ ...request, query: and(request.query, ...conditions) })
}
