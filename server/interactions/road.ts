/** Rows in an order that an index has, from a position on, in either direction: as they stand, or as they stood. */
import { ok, type Result } from '../../resources/outcome.ts'
import type { Query } from '../../search/query.ts'
import { beginsWith } from '../../search/sort-values.ts'
import { comparePositions } from '../store/order.ts'
import type { Former } from '../store/store.ts'
import { type Moved, movedSince } from './first-read.ts'
import type { Context } from './interaction.ts'
import type { FirstRead, Placing } from './page.ts'
import { asTheyStand, type Placed, positionIn, type Road, straight, type Walk } from './stretches.ts'

export { type Placed, positionIn, type ReadRows, type Road } from './stretches.ts'

const comparePlacings = (road: Road): ((one: Placing, other: Placing) => number) => {
  const compare = comparePositions(road.order)
  const rank = ({ valueless }: Placing): number => (valueless === true ? 1 : 0)
  return (one, other) => rank(one) - rank(other) || compare(one, other)
}

type Moves = ReadonlyMap<string, Moved<Placing>>

/** Where moved rows stood that the walk comes by, in its order. */
function ahead(road: Road, walk: Walk, moves: Moves) {
  const forwards = comparePlacings(road)
  const turn = walk.order.descending === road.order.descending ? 1 : -1
  const compare = (one: Placing, other: Placing): number => turn * forwards(one, other)
  const { after } = walk
  const standing = [...moves].flatMap(([_id, { type, place }]) =>
    place === undefined || (after !== undefined && compare(place, after) <= 0) ? [] : [{ _id, type, position: place }],
  )
  return { compare, standing: standing.sort((one, other) => compare(one.position, other.position)) }
}

/** Those of `wanted`, in order, that the caller may see and that are found as they are now; no more than the walk needs. */
async function stillFound(
  context: Context,
  { places }: Road,
  { standing, limit }: { readonly standing: ReturnType<typeof ahead>['standing']; readonly limit: number },
): Promise<readonly Placed[]> {
  const found: Placed[] = []
  for (let at = 0; at < standing.length && found.length < limit; at += limit) {
    const wanted = standing.slice(at, at + limit)
    const ids = wanted.map(({ _id }) => _id)
    const rows = await Promise.all(places.map(parts => context.store.among(parts, ids)))
    const byId = new Map(rows.flat().map(row => [row._id, row]))
    for (const { _id, position } of wanted) {
      const row = byId.get(_id)
      if (row !== undefined) found.push({ row, position })
    }
  }
  return found
}

const placeIn =
  ({ order, code }: Road) =>
  (version: Former): Placing => ({
    ...positionIn(version, order),
    ...(code === undefined || beginsWith(version.search, code) ? {} : { valueless: true }),
  })

/** The rows as they stand, but for those that moved: these where they stood when the first page was read. */
async function withMoved(
  context: Context,
  road: Road,
  { walk, rows, moves }: { readonly walk: Walk; readonly rows: readonly Placed[]; readonly moves: Moves },
): Promise<readonly Placed[]> {
  const { compare, standing } = ahead(road, walk, moves)
  const others = await stillFound(context, road, { standing, limit: walk.limit })
  const all = [...rows.filter(({ row }) => !moves.has(row._id)), ...others]
  return all.sort((one, other) => compare(one.position, other.position)).slice(0, walk.limit)
}

/**
 * The rows as they stood when the first page was read. What changed is asked after they were read: who changes meanwhile is
 * told, and neither lost nor shown twice. Where some moved, more rows are read in their place.
 */
async function asFirstRead(
  context: Context,
  road: Road,
  { walk, first }: { readonly walk: Walk; readonly first: FirstRead<Placing> },
): Promise<Result<readonly Placed[]>> {
  const { places } = road
  const asked = { places, first, placeOf: placeIn(road), compare: comparePlacings(road) }
  const settled: Query = { op: 'instant', name: 'updated', before: first.at + 1 }
  for (let room = 0; ; ) {
    const rows = await straight(road, { ...walk, limit: walk.limit + room }, settled)
    const moved = await movedSince(context, asked)
    if (!moved.ok) return moved
    const moves = moved.value
    if (moves.size === 0) return ok(rows)
    if (moves.size <= room) return ok(await withMoved(context, road, { walk, rows, moves }))
    room = moves.size
  }
}

/** @returns at most so many rows in the order of the walk: as they stand, or for a page after the first as they stood then. */
export async function alongRoad(
  context: Context,
  road: Road,
  { walk, first }: { readonly walk: Walk; readonly first: FirstRead<Placing> | undefined },
): Promise<Result<readonly Placed[]>> {
  return first === undefined ? ok(await asTheyStand(context, road, walk)) : asFirstRead(context, road, { walk, first })
}
