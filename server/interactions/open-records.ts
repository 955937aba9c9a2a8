/** A search across records was decided without their facts: what a closed record holds is left out of its pages. */
import { fail, type Result } from '../../resources/outcome.ts'
import { and, scalar } from '../../search/query.ts'
import type { Found } from '../store/store.ts'
import type { Context } from './interaction.ts'
import { type Asked, type Page, type PageStart, pageOf, totalOf } from './search-page.ts'

/** The records among those of the rows that are not open. */
async function closedAmong({ store }: Context, rows: readonly Found[]): Promise<readonly string[]> {
  const patients = [...new Set(rows.flatMap(({ patient }) => (patient === null ? [] : [patient])))]
  const facts = await Promise.all(patients.map(patient => store.facts(patient)))
  return patients.filter((_, at) => facts[at]?.open !== true)
}

/** Whether the rows of an answer may be of records whose facts nobody looked at. */
export const isAcross = (context: Context, record: string | 'every' | null): boolean =>
  record === 'every' && context.regime.needsFacts

const sized = (asked: Asked, count: number): Asked => ({ ...asked, request: { ...asked.request, count } })

const outside = (asked: Asked, closed: readonly string[]): Asked =>
  closed.length === 0 ? asked : { ...asked, query: and(asked.query, { op: 'not', of: scalar('patient', ...closed) }) }

/** Where a search looks, and where its page begins. */
interface At {
  readonly record: string | 'every' | null
  readonly start: PageStart | undefined
}

/** The most rows whose records are looked at together. */
const mostLooked = 1000

/**
 * @returns a page as `pageOf` does, as if closed records held nothing. What stands beyond the page is looked at as well: a
 * link to what is closed would tell of it.
 */
export async function visiblePage(context: Context, asked: Asked, { record, start }: At): Promise<Result<Page>> {
  if (!isAcross(context, record)) return pageOf(context, asked, start)
  const { count } = asked.request
  const closed: string[] = []
  for (let looked = count + 1; ; looked = Math.max(looked, Math.min(2 * looked, mostLooked))) {
    const beyond = await pageOf(context, sized(outside(asked, closed), looked), start)
    if (!beyond.ok) return beyond
    const others = await closedAmong(context, beyond.value.rows)
    if (others.length === 0) return pageOf(context, outside(asked, closed), start)
    closed.push(...others)
  }
}

/** @returns a total as `totalOf` does; `tooCostly` across records, because one would count what closed records hold. */
export async function visibleTotal(context: Context, asked: Asked, { record, start }: At): Promise<Result<number>> {
  if (isAcross(context, record))
    return fail('tooCostly', 'expected a search in one record to be counted, found one across records', 'http._total')
  return totalOf(context, asked, start)
}
