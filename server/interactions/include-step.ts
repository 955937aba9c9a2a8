/**
 * One step along references, from rows to what they refer to and to what refers to them. Each type is decided and
 * restricted on its own, before the limit. https://hl7.org/fhir/R4/search.html#revinclude
 */
import { referenceKey } from '../../search/key.ts'
import { key, or, type Query, scalar } from '../../search/query.ts'
import type { Inclusion, SearchRequest } from '../../search/search-request.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Facts } from '../../security/facts.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Found } from '../store/store.ts'
import { decideWith, factsOf } from './access.ts'
import { followed } from './followed.ts'
import type { Call, Context } from './interaction.ts'
import { locateAll, type Place } from './locate.ts'

/** The most resources that one page brings along. */
export const mostIncluded = 1000

export interface Matches {
  readonly rows: readonly Found[]
  /** The record in which the search looked, by key; every record; or the directory alone. */
  readonly record: string | 'every' | null
  readonly facts: Facts | undefined
}

/** The restriction for searching `type`, or undefined where the caller may not. */
function restrictionFor(
  context: Context,
  { principal }: Call,
  { type, record, facts }: Omit<Matches, 'rows'> & { readonly type: string },
): Restriction | undefined {
  const asked = { principal, interaction: 'search-type', type } as const
  if (context.regime.gate({ ...asked, now: context.now() }) !== undefined) return undefined
  const decision = decideWith(context, asked, { patient: record, facts: record === null ? undefined : facts })
  return decision.effect === 'permit' ? decision.restriction : undefined
}

/** Rows of one type in one place: a record by key, every record, or the directory (null). */
interface Group {
  readonly type: string
  readonly record: Matches['record']
  readonly ids: string[]
}

/**
 * Where what a match refers to may live: where records are searched together, in any of them. Where each record has its
 * own rules and matches are of several, what they refer to is decided in the record in which it is.
 */
function recordFor({ regime }: Context, record: Matches['record'], place: Place): Matches['record'] | undefined {
  if (place.collection === 'directory') return null
  if (!regime.onePatient) return 'every'
  return (record === 'every' ? place.patient : record) ?? undefined
}

/** Places by type and record, so that each group is one restricted query. */
function grouped(
  references: readonly { type: string; id: string }[],
  recordOf: (reference: { type: string; id: string }) => { place: Place; record: Matches['record'] } | undefined,
): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const reference of references) {
    const found = recordOf(reference)
    if (found === undefined) continue
    const name = `${reference.type} ${found.record}`
    const group = groups.get(name) ?? { type: reference.type, record: found.record, ids: [] }
    group.ids.push(found.place._id)
    groups.set(name, group)
  }
  return [...groups.values()]
}

/** What the rows refer to, as far as the caller may search it. */
export async function forward(
  context: Context,
  call: Call,
  matches: Matches & Pick<SearchRequest, 'include'>,
): Promise<readonly Found[]> {
  const references = followed(context, matches.rows, matches.include).slice(0, mostIncluded + 1)
  const places = await locateAll(context, references)
  const groups = grouped(references, ({ type, id }) => {
    const place = places.get(`${type}/${id}`)
    const record = place === undefined ? undefined : recordFor(context, matches.record, place)
    return place === undefined || record === undefined ? undefined : { place, record }
  })
  const lists = await Promise.all(
    groups.map(async ({ type, record, ids }) => {
      if (!context.catalog.types.has(type) || type === 'AuditEvent') return []
      const facts = record === matches.record ? matches.facts : await factsOf(context, record)
      const restriction = restrictionFor(context, call, { type, record, facts })
      return restriction === undefined ? [] : context.store.rows(restriction, type, ids)
    }),
  )
  return lists.flat()
}

/** What points to the matches by one of the parameters `codes`. The patient of a row is a scalar, not a key. */
const pointing = (codes: readonly string[], rows: readonly Found[]): Query =>
  or(
    key(...codes.flatMap(code => rows.map(({ type, id }) => referenceKey(code, `${type}/${id}`)))),
    codes.includes('patient') || codes.includes('subject')
      ? scalar('patient', ...rows.filter(({ type }) => type === 'Patient').map(({ _id }) => _id))
      : scalar('patient'),
  )

/** The parameters to follow, by the type that has them. */
function bySource(inclusions: readonly Inclusion[]): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>()
  for (const { source, code } of inclusions) sources.set(source, [...(sources.get(source) ?? []), code])
  return sources
}

/** Where resources of a type may live that point to the matches: records, the directory, or both. */
function placesOf({ catalog, regime }: Context, type: string, record: Matches['record']): readonly Matches['record'][] {
  if (!belongsToRecords(catalog, type)) return [null]
  if (regime.onePatient) return record === null ? [] : [record]
  return type === 'Patient' ? ['every'] : [record ?? 'every', null]
}

/** What refers to the rows, as far as the caller may search it: one search for each type and place. */
export async function backward(
  context: Context,
  call: Call,
  matches: Matches & Pick<SearchRequest, 'revinclude'>,
): Promise<readonly Found[]> {
  if (matches.rows.length === 0) return []
  const asked = [...bySource(matches.revinclude)].flatMap(([source, codes]) =>
    placesOf(context, source, matches.record).map(record => ({ source, codes, record })),
  )
  const lists = await Promise.all(
    asked.map(async ({ source, codes, record }) => {
      const restriction = restrictionFor(context, call, { type: source, record, facts: matches.facts })
      if (restriction === undefined) return []
      return context.store.page({
        restriction,
        type: source,
        query: pointing(codes, matches.rows),
        order: { by: 'date', descending: true },
        limit: mostIncluded + 1,
      })
    }),
  )
  return lists.flat()
}
