/** One page of the versions of several types, in every place where they are. https://hl7.org/fhir/R4/http.html#history */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Found, OfType, Parts, Position } from '../store/store.ts'
import { compareVersions, positionOfVersion } from '../store/version-order.ts'
import { byExtent } from './extents.ts'
import type { HistoryRequest } from './history-request.ts'
import { shownOf, spanOf } from './history-versions.ts'
import type { Context } from './interaction.ts'

export interface HistoryPage {
  readonly versions: readonly Found[]
  /** Where the next page begins. */
  readonly next: string | undefined
}

/** Versions that are looked at once, and how often: what is not shown after all must not make a search without end. */
const fewest = 100
const mostRounds = 50

async function candidates(
  context: Context,
  places: readonly Parts[],
  asked: { readonly request: HistoryRequest; readonly limit: number; readonly after: Position | undefined },
): Promise<readonly Found[]> {
  const { request, limit, after } = asked
  const common = { ...spanOf(request), limit, ...(after === undefined ? {} : { after }) }
  const lists = await Promise.all(places.map(parts => context.store.versions({ parts, ...common })))
  return lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort(compareVersions).slice(0, limit)
}

/** What is shown of `found`, in its order: each place is judged within its own restrictions. */
async function shownIn(
  context: Context,
  places: readonly Parts[],
  { found, at }: { readonly found: readonly Found[]; readonly at: HistoryRequest['at'] },
): Promise<readonly Found[]> {
  const lists = await Promise.all(
    places.map(parts => {
      const { collection } = parts[0]?.restriction.extent ?? { collection: 'record' }
      const versions = found.filter(({ patient }) => (patient === null) === (collection === 'directory'))
      return shownOf(context, parts, { versions, at })
    }),
  )
  const shown = new Set(lists.flat())
  return found.filter(row => shown.has(row))
}

/** @returns the versions of one page, the newest first; `tooCostly` where too many had to be passed over. */
export async function versionsPage(
  context: Context,
  all: readonly OfType[],
  request: HistoryRequest,
): Promise<Result<HistoryPage>> {
  const places = byExtent(all)
  const kept: Found[] = []
  let after = request.start === undefined ? undefined : (JSON.parse(request.start) as Position)
  let limit = request.count + 1
  for (let round = 0; round < mostRounds; round += 1) {
    const found = await candidates(context, places, { request, limit, after })
    kept.push(...(await shownIn(context, places, { found, at: request.at })))
    const last = found.at(-1)
    if (kept.length > request.count || last === undefined || found.length < limit) return ok(pageOf(kept, request))
    after = positionOfVersion(last)
    limit = Math.max(limit, fewest)
  }
  const name = request.at === undefined ? '_since' : '_at'
  return fail(
    'tooCostly',
    'expected a history of fewer versions; narrow it by _since, _type or patient',
    `http.${name}`,
  )
}

function pageOf(kept: readonly Found[], { count }: HistoryRequest): HistoryPage {
  const versions = kept.slice(0, count)
  const last = versions.at(-1)
  const more = kept.length > count && last !== undefined
  return { versions, next: more ? JSON.stringify(positionOfVersion(last)) : undefined }
}
