/** Which versions a history shows: their own labels were asked by the query, what stands now and `_at` are asked here. */
import type { Found, Mark, Parts } from '../store/store.ts'
import { keyOf } from '../store/version-order.ts'
import type { HistoryRequest } from './history-request.ts'
import type { Context } from './interaction.ts'
import { standingMarks } from './standing.ts'

type Time = Pick<HistoryRequest, 'since' | 'at'>

/** @returns when versions began that may be asked for: before the end of `_at`, and since `_since`. */
export const spanOf = ({ since, at }: Time): { readonly from?: number; readonly before?: number } => ({
  ...(since === undefined ? {} : { from: since }),
  ...(at === undefined || at.high === Number.POSITIVE_INFINITY ? {} : { before: at.high }),
})

/** When the version after each of these began, as far as the caller may see that one. */
async function endsOf(
  { store }: Context,
  { parts, standing }: { parts: Parts; standing: ReadonlyMap<string, Mark> },
  versions: readonly Found[],
): Promise<ReadonlyMap<string, number>> {
  const after = versions.map(({ _id, version }) => ({ _id, version: version + 1 }))
  const marks = [...(await store.superseded(parts, after)), ...standing.values()]
  const begins = new Map(marks.map(mark => [keyOf(mark), mark.updated]))
  return new Map(
    after.flatMap(({ _id, version }) => {
      const began = begins.get(keyOf({ _id, version }))
      return began === undefined ? [] : [[keyOf({ _id, version: version - 1 }), began] as const]
    }),
  )
}

/**
 * @returns those of `versions` that were current at some time of `_at`. One that began before it must have ended in it or
 * later: where the next is hidden from the caller, when it began is none of his business, and the version is left out.
 */
export async function currentThen(
  context: Context,
  seen: { readonly parts: Parts; readonly standing: ReadonlyMap<string, Mark> },
  { versions, at }: { readonly versions: readonly Found[]; readonly at: HistoryRequest['at'] },
): Promise<readonly Found[]> {
  if (at === undefined) return versions
  const isStanding = ({ _id, version }: Found): boolean => seen.standing.get(_id)?.version === version
  const earlier = versions.filter(row => row.updated < at.low && !isStanding(row))
  const ends = await endsOf(context, seen, earlier)
  return versions.filter(row => {
    if (row.updated >= at.low) return true
    if (isStanding(row)) return !row.deleted
    return !row.deleted && (ends.get(keyOf(row)) ?? at.low) > at.low
  })
}

/** @returns those of `versions` whose resource the caller may see as it stands, and that `_at` asks for. */
export async function shownOf(
  context: Context,
  parts: Parts,
  asked: { readonly versions: readonly Found[]; readonly at: HistoryRequest['at'] },
): Promise<readonly Found[]> {
  const ids = [...new Set(asked.versions.map(({ _id }) => _id))]
  const standing = await standingMarks(context, parts, ids)
  const versions = asked.versions.filter(({ _id }) => standing.has(_id))
  return currentThen(context, { parts, standing }, { versions, at: asked.at })
}
