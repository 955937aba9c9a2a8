/**
 * What comes along with the matches. Each included type is decided and restricted on its own, before the limit.
 * https://hl7.org/fhir/R4/search.html#revinclude
 */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { referenceKey } from '../../search/key.ts'
import { key, or, type Query, scalar } from '../../search/query.ts'
import type { Inclusion, SearchRequest } from '../../search/search-request.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Facts } from '../../security/facts.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Found } from '../store/store.ts'
import { decideWith } from './access.ts'
import type { Call, Context } from './interaction.ts'
import { locateAll, type Place } from './locate.ts'

/** The most resources that one page brings along. */
const mostIncluded = 1000

export interface Matches {
  readonly rows: readonly Found[]
  /** The record in which the search looked, by key; every record; or the directory alone. */
  readonly record: string | 'every' | null
  readonly facts: Facts | undefined
}

const resourceOf = (row: Found): Resource => JSON.parse(Buffer.from(row.json).toString()) as Resource

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

/** The references of the matches that the inclusions follow, as `Type/id`. */
function followed(
  context: Context,
  rows: readonly Found[],
  inclusions: readonly Inclusion[],
): readonly { type: string; id: string }[] {
  const references = new Map<string, { type: string; id: string }>()
  for (const row of rows) {
    const wanted = inclusions.filter(({ source }) => source === row.type)
    if (wanted.length === 0) continue
    const resource = resourceOf(row)
    for (const { code, target } of wanted)
      for (const reference of context.follow(resource, code))
        if (target === undefined || target === reference.type)
          references.set(`${reference.type}/${reference.id}`, reference)
  }
  return [...references.values()]
}

/** Places by type, and apart for records and directory, so that each group is one restricted query. */
function grouped(
  references: readonly { type: string; id: string }[],
  places: ReadonlyMap<string, Place>,
): ReadonlyMap<string, { type: string; inRecord: boolean; ids: string[] }> {
  const groups = new Map<string, { type: string; inRecord: boolean; ids: string[] }>()
  for (const { type, id } of references) {
    const place = places.get(`${type}/${id}`)
    if (place === undefined) continue
    const name = `${type} ${place.collection}`
    const group = groups.get(name) ?? { type, inRecord: place.collection === 'record', ids: [] }
    group.ids.push(place._id)
    groups.set(name, group)
  }
  return groups
}

/** Where what a match refers to may live: where records are searched together, in any of them. */
const recordFor = ({ regime }: Context, record: Matches['record']): Matches['record'] =>
  regime.onePatient ? record : 'every'

async function forward(
  context: Context,
  call: Call,
  matches: Matches & Pick<SearchRequest, 'include'>,
): Promise<readonly Found[]> {
  const references = followed(context, matches.rows, matches.include).slice(0, mostIncluded + 1)
  const groups = grouped(references, await locateAll(context, references))
  const lists = await Promise.all(
    [...groups.values()].map(async ({ type, inRecord, ids }) => {
      if (!context.catalog.types.has(type) || type === 'AuditEvent') return []
      const record = inRecord ? recordFor(context, matches.record) : null
      if (inRecord && record === null) return []
      const restriction = restrictionFor(context, call, { type, record, facts: matches.facts })
      return restriction === undefined ? [] : context.store.rows(restriction, type, ids)
    }),
  )
  return lists.flat()
}

/** What points to the matches by the parameter `code`. The patient of a row is a scalar, not a key. */
const pointing = (code: string, rows: readonly Found[]): Query =>
  or(
    key(...rows.map(({ type, id }) => referenceKey(code, `${type}/${id}`))),
    code === 'patient' || code === 'subject'
      ? scalar('patient', ...rows.filter(({ type }) => type === 'Patient').map(({ _id }) => _id))
      : scalar('patient'),
  )

/** Where resources of a type may live that point to the matches: records, the directory, or both. */
function placesOf({ catalog, regime }: Context, type: string, record: Matches['record']): readonly Matches['record'][] {
  if (!belongsToRecords(catalog, type)) return [null]
  if (regime.onePatient) return record === null ? [] : [record]
  return type === 'Patient' ? ['every'] : [record ?? 'every', null]
}

async function backward(
  context: Context,
  call: Call,
  matches: Matches & Pick<SearchRequest, 'revinclude'>,
): Promise<readonly Found[]> {
  if (matches.rows.length === 0) return []
  const asked = matches.revinclude.flatMap(({ source, code }) =>
    placesOf(context, source, matches.record).map(record => ({ source, code, record })),
  )
  const lists = await Promise.all(
    asked.map(async ({ source, code, record }) => {
      const restriction = restrictionFor(context, call, { type: source, record, facts: matches.facts })
      if (restriction === undefined) return []
      return context.store.page({
        restriction,
        type: source,
        query: pointing(code, matches.rows),
        order: { by: 'date', descending: true },
        limit: mostIncluded + 1,
      })
    }),
  )
  return lists.flat()
}

/** @returns what the inclusions of `request` bring, without the matches themselves; `tooCostly` beyond the limit. */
export async function included(
  context: Context,
  call: Call,
  matches: Matches & { readonly request: SearchRequest },
): Promise<Result<readonly Found[]>> {
  const { rows, record, facts, request } = matches
  if (request.include.length === 0 && request.revinclude.length === 0) return ok([])
  const [outward, inward] = await Promise.all([
    forward(context, call, { rows, record, facts, include: request.include }),
    backward(context, call, { rows, record, facts, revinclude: request.revinclude }),
  ])
  const matched = new Set(rows.map(({ _id }) => _id))
  const others = new Map([...outward, ...inward].filter(({ _id }) => !matched.has(_id)).map(row => [row._id, row]))
  if (others.size > mostIncluded)
    return fail(
      'tooCostly',
      `expected at most ${mostIncluded} included resources, found more; ask for a smaller _count`,
      'http._include',
    )
  return ok([...others.values()])
}
