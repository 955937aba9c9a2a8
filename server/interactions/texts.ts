/**
 * The modifier `:text`: the rows that the rest of the search finds are read, and those whose words fit become a
 * condition of the search, as with chains. `docs/decisions/0025-the-search-language.md`
 */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { and, not, type Query, scalar } from '../../search/query.ts'
import type { TextCriterion } from '../../search/search-request.ts'
import { compileTexts } from '../../search/token-text.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Found, Order, Position } from '../store/store.ts'
import type { Context } from './interaction.ts'
import { positionIn } from './road.ts'

/** The rows whose words one request reads are fewer than these, over all that it searches; and how many it reads at a time. */
const mostRead = 1000
const atATime = 100

/** How many rows may still be read for their words. */
export interface Reads {
  left: number
}

export const newReads = (): Reads => ({ left: mostRead })

const order: Order = { by: 'date', descending: true }

const resourceOf = ({ json }: Found): Resource => JSON.parse(Buffer.from(json).toString()) as Resource

/** Rows of one type whose words are asked. */
export interface Worded {
  readonly type: string
  readonly query: Query
  readonly restrictions: readonly Restriction[]
  readonly texts: readonly TextCriterion[]
  readonly reads: Reads
}

/** The ids of the rows that fit, of one restriction; undefined when there are more rows than may be read. */
async function fitting(
  { store }: Context,
  { type, query, reads }: Worded,
  { restriction, fits }: { restriction: Restriction; fits: (resource: Resource) => boolean },
): Promise<readonly string[] | undefined> {
  const ids: string[] = []
  let after: { readonly after?: Position } = {}
  while (reads.left > 0) {
    const rows = await store.page({ restriction, type, query, order, limit: atATime, ...after })
    reads.left -= rows.length
    if (reads.left <= 0) return undefined
    for (const row of rows) if (fits(resourceOf(row))) ids.push(row.id)
    const last = rows.at(-1)
    if (last === undefined || rows.length < atATime) return ids
    after = { after: positionIn(last, order) }
  }
  return undefined
}

/** @returns what the words of a search ask of its rows; `tooCostly` where too many would have to be read. */
export async function wordsAsked(context: Context, asked: Worded): Promise<Result<Query>> {
  const { texts, type } = asked
  const [first] = texts
  if (first === undefined) return ok(and())
  const fits = compileTexts(type, texts)
  if (!fits.ok) return fits
  const present = texts.map(({ definition: { code } }) => not({ op: 'missing', code }))
  const narrowed = { ...asked, query: and(asked.query, ...present) }
  const lists = await Promise.all(
    asked.restrictions.map(restriction => fitting(context, narrowed, { restriction, fits: fits.value })),
  )
  return lists.includes(undefined)
    ? fail(
        'tooCostly',
        `expected a search in which :text must read fewer than ${mostRead} resources, found more; narrow it`,
        `http.${first.definition.code}`,
      )
    : ok(scalar('id', ...lists.flatMap(ids => ids ?? [])))
}
