/** A search across records was decided without their facts: what a closed record holds is left out of its pages. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Found } from '../store/store.ts'
import type { Context } from './interaction.ts'
import { type Asked, type Page, pageOf, totalOf } from './search-page.ts'

async function inOpenRecords({ store }: Context, rows: readonly Found[]): Promise<readonly Found[]> {
  const patients = [...new Set(rows.flatMap(({ patient }) => (patient === null ? [] : [patient])))]
  const open = new Set<string | null>([null])
  await Promise.all(
    patients.map(async patient => {
      if ((await store.facts(patient))?.open === true) open.add(patient)
    }),
  )
  return rows.filter(({ patient }) => open.has(patient))
}

/** Whether the rows of an answer may be of records whose facts nobody looked at. */
const isAcross = (context: Context, record: string | 'every' | null): boolean =>
  record === 'every' && context.regime.needsFacts

/** @returns a page as `pageOf` does, without what closed records hold. */
export async function visiblePage(
  context: Context,
  asked: Asked,
  { record, start }: { readonly record: string | 'every' | null; readonly start: Parameters<typeof pageOf>[2] },
): Promise<Result<Page>> {
  const page = await pageOf(context, asked, start)
  if (!page.ok || !isAcross(context, record)) return page
  return ok({ ...page.value, rows: await inOpenRecords(context, page.value.rows) })
}

/** @returns a total as `totalOf` does; `tooCostly` across records, because one would count what closed records hold. */
export async function visibleTotal(
  context: Context,
  asked: Asked,
  record: string | 'every' | null,
): Promise<Result<number>> {
  if (isAcross(context, record))
    return fail('tooCostly', 'expected a search in one record to be counted, found one across records', 'http._total')
  return ok(await totalOf(context, asked))
}
