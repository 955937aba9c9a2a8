/**
 * Chained parameters and `_has`, in stages: the innermost search first, each restricted on its own, so that nothing
 * hidden is followed. What a stage finds becomes a condition of the next. `docs/decisions/0016-chains-are-staged.md`
 */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { referenceKey } from '../../search/key.ts'
import { and, key, or, type Query, scalar } from '../../search/query.ts'
import { typesFollowed } from '../../search/read-chain.ts'
import { chainPath } from '../../search/search-effect.ts'
import type { Linked, NamedChain, SearchRequest } from '../../search/search-request.ts'
import { refuseWide } from '../../search/too-wide.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Denial } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { LinkRow } from '../store/store.ts'
import { decideWith } from './access.ts'
import type { Call, Context } from './interaction.ts'
import { listMembers } from './list-members.ts'
import { patientKeys } from './patient-names.ts'
import { type Reads, wordsAsked } from './texts.ts'

/** The most resources that one stage may find. */
const mostLinked = 1000

/** Where the outer search looks. */
export interface Outer {
  /** A record by key, every record, or the directory. */
  readonly record: string | 'every' | null
  readonly facts: Facts | undefined
}

interface Stage extends Outer {
  readonly context: Context
  readonly call: Call
  readonly reads: Reads
}

/** The interaction that a stage is, by the rules of access. */
const searching = ({ principal }: Call, type: string) => ({ principal, interaction: 'search-type', type }) as const

/** What the token refuses of the types that the chains search: the same for every id, and before any is looked up. */
export function refusedChain(
  { regime, now }: Context,
  call: Call,
  { chains }: Pick<SearchRequest, 'chains'>,
): Denial | undefined {
  for (const type of new Set(chains.flatMap(typesFollowed))) {
    const denial = regime.gate({ ...searching(call, type), now: now() })
    if (denial !== undefined) return denial
  }
  return undefined
}

/** Where resources of a type may live that are linked to those of the outer search; undefined when it must name a patient. */
function placesOf({ context, record }: Stage, type: string): readonly Outer['record'][] | undefined {
  const { catalog, regime } = context
  if (!belongsToRecords(catalog, type)) return [null]
  if (regime.onePatient) return record === null || record === 'every' ? undefined : [record]
  if (type === 'Patient') return ['every']
  return [record ?? 'every', null]
}

const isRecord = (place: Outer['record']): boolean => place !== null && place !== 'every'

/** Whose the resources must be, where the chain says it. */
async function ofPatients({ context }: Stage, { patients }: Linked): Promise<Query> {
  if (patients.length === 0) return and()
  const keys = await Promise.all(patients.map(name => patientKeys(context, name)))
  return scalar('patient', ...keys.flat())
}

/** The resources of one type that a link leads to, as far as the caller may search them. */
async function linkedRows(stage: Stage, chain: NamedChain, linked: Linked): Promise<Result<readonly LinkRow[]>> {
  const { context } = stage
  const { type, next } = linked
  const places = placesOf(stage, type)
  if (places === undefined)
    return fail(
      'tooCostly',
      `expected a search that names one patient to be chained to ${type}, found none`,
      nameOf(chain),
    )
  const wide = places.every(isRecord) ? undefined : refuseWide(linked.query)
  if (wide !== undefined) return fail('tooCostly', wide.failure.complaints[0].diagnostics, nameOf(chain))
  const further = next === undefined ? ok(and()) : await follow(stage, { ...next, name: chain.name })
  if (!further.ok) return further
  const restrictions = places.flatMap(place => restrictionAt(stage, type, place) ?? [])
  const query = await worded(stage, chain, {
    ...{ linked, restrictions },
    query: and(linked.query, await ofPatients(stage, linked), further.value),
  })
  if (!query.ok) return query
  const keys = chain.link === 'from' && !linked.byRecord
  const asked = { type, query: query.value, limit: mostLinked + 1, keys }
  const rowsOf = (restriction: Restriction): Promise<readonly LinkRow[]> =>
    chain.members ? listMembers(context, { ...asked, restriction }) : context.store.linkRows({ ...asked, restriction })
  return ok((await Promise.all(restrictions.map(rowsOf))).flat())
}

/** What the rules leave of a type in one place; undefined where they leave nothing. */
function restrictionAt({ context, call, facts }: Stage, type: string, place: Outer['record']): Restriction | undefined {
  const at = { patient: place, facts: place === null ? undefined : facts }
  const decision = decideWith(context, searching(call, type), at)
  return decision.effect === 'deny' ? undefined : decision.restriction
}

/** The query with what the words beside a code ask, where `:text` ends the chain. */
async function worded(
  { context, reads }: Stage,
  chain: NamedChain,
  at: { readonly linked: Linked; readonly query: Query; readonly restrictions: readonly Restriction[] },
): Promise<Result<Query>> {
  const { linked, query, restrictions } = at
  const { type, text } = linked
  if (text === undefined) return ok(query)
  const words = await wordsAsked(context, { type, query, restrictions, texts: [text], reads })
  if (words.ok) return ok(and(query, words.value))
  return fail(words.failure.kind, words.failure.complaints[0].diagnostics, nameOf(chain))
}

const nameOf = ({ name }: NamedChain): string | undefined => chainPath(name)

/** The ids of the type `of` to which a row refers by the parameter of the chain. */
function referredBy({ of, code }: NamedChain, { search }: LinkRow): readonly string[] {
  const start = referenceKey(code, `${of}/`)
  return (search?.token ?? []).filter(token => token.startsWith(start)).map(token => token.slice(start.length))
}

/** What rows mean for the search that follows the link to them: the records, keys or ids that it may find. */
interface Found {
  readonly records: readonly string[]
  readonly keys: readonly string[]
  readonly ids: readonly string[]
}

function foundBy(chain: NamedChain, { type, byRecord }: Linked, rows: readonly LinkRow[]): Found {
  const none: Found = { records: [], keys: [], ids: [] }
  if (byRecord) return { ...none, records: rows.flatMap(({ patient }) => patient ?? []) }
  if (chain.link === 'from') return { ...none, ids: rows.flatMap(row => referredBy(chain, row)) }
  return { ...none, keys: rows.map(({ id }) => referenceKey(chain.code, `${type}/${id}`)) }
}

const each = (values: readonly string[]): readonly string[] => [...new Set(values)]

/** One link: @returns the condition that it sets on the resources before it. */
async function follow(stage: Stage, chain: NamedChain): Promise<Result<Query>> {
  const found: Found[] = []
  const results = await Promise.all(
    chain.linked.map(async linked => ({ linked, rows: await linkedRows(stage, chain, linked) })),
  )
  let most = 0
  for (const { linked, rows } of results) {
    if (!rows.ok) return rows
    most += rows.value.length
    found.push(foundBy(chain, linked, rows.value))
  }
  const [records, keys, ids] = (['records', 'keys', 'ids'] as const).map(name => each(found.flatMap(one => one[name])))
  if (most > mostLinked || (ids?.length ?? 0) > mostLinked)
    return fail(
      'tooCostly',
      `expected a chain that leads to at most ${mostLinked} resources, found more; narrow it`,
      nameOf(chain),
    )
  return ok(or(key(...(keys ?? [])), scalar('patient', ...(records ?? [])), scalar('id', ...(ids ?? []))))
}

/** @returns what the chains of a search ask of the rows that it searches; `tooCostly` for one that leads to too many. */
export async function chained(
  context: Context,
  call: Call,
  at: Outer & Pick<SearchRequest, 'chains'> & { readonly reads: Reads },
): Promise<Result<Query>> {
  const { chains, ...where } = at
  const conditions: Query[] = []
  for (const condition of await Promise.all(chains.map(chain => follow({ context, call, ...where }, chain)))) {
    if (!condition.ok) return condition
    conditions.push(condition.value)
  }
  return ok(and(...conditions))
}
