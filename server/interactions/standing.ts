/** The version that stands: the current one, or the deletion of what is no more. By it all versions of a resource are judged. */
import type { Restriction } from '../../security/restriction.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Found, Mark, Parts } from '../store/store.ts'
import type { Context } from './interaction.ts'

const everyOf = ({ extent }: Restriction): Restriction => systemRestriction('resolve identifiers', extent)

/** @returns the newest deletion that the caller may see, unless something stands that he may not see. */
export async function visibleTombstone(
  { store }: Pick<Context, 'store'>,
  restriction: Restriction,
  { type, _id }: { readonly type: string; readonly _id: string },
): Promise<Found | undefined> {
  const tombstone = await store.tombstone(restriction, type, _id)
  if (tombstone === undefined) return undefined
  const [stands] = await store.standing(
    [{ restriction: everyOf(restriction), type, query: { op: 'everything' } }],
    [_id],
  )
  return stands?.version === tombstone.version ? tombstone : undefined
}

/** @returns the version that stands, where the caller may see it. */
export const standingVersion = async (
  context: Pick<Context, 'store'>,
  restriction: Restriction,
  at: { readonly type: string; readonly _id: string },
): Promise<Found | undefined> =>
  (await context.store.row(restriction, at.type, at._id)) ?? visibleTombstone(context, restriction, at)

/** @returns the same of several rows, by `_id`. */
export async function standingMarks(
  { store }: Pick<Context, 'store'>,
  parts: Parts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Mark>> {
  const marks = await store.standing(parts, ids)
  const buried = marks.filter(({ deleted }) => deleted).map(({ _id }) => _id)
  const every = parts.map(({ restriction, type }) => ({
    ...{ restriction: everyOf(restriction), type },
    query: { op: 'everything' } as const,
  }))
  const stands = new Map((await store.standing(every, buried)).map(({ _id, version }) => [_id, version]))
  return new Map(
    marks
      .filter(({ _id, version, deleted }) => !deleted || stands.get(_id) === version)
      .map(mark => [mark._id, mark] as const),
  )
}
