/** Which units share a transaction. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import { outside } from './commit-rows.ts'
import type { Deployment } from './deployment.ts'
import type { Unit } from './store.ts'

/** What a row costs beside its text, in bytes. */
const rowWeight = 4000
const valueWeight = 100

const weightOf = ({ writes }: Unit): number =>
  writes.reduce((sum, { row: { json, search } }) => {
    const values = search.token.length + search.date.length + search.quantity.length
    return sum + rowWeight + json.length + values * valueWeight
  }, 0)

/** About 300 documents of 3 kB: far below what one transaction may hold, and some tens of milliseconds of work. */
export const togetherLimits = {
  group: 3_000_000,
  weigh: ({ unit }: { readonly unit: Unit }): number => weightOf(unit),
  queue: 20_000,
}

/**
 * Whether a unit gets a transaction of its own: a large one would keep the others waiting, and one whose outcome hangs
 * on the rows of others must not bind them to it. In a sharded cluster the others may live elsewhere.
 */
export const standsAlone = ({ sharded }: Pick<Deployment, 'sharded'>, unit: Unit): boolean =>
  sharded ||
  unit.record?.recompile === true ||
  unit.erasure !== undefined ||
  unit.opening !== undefined ||
  unit.releases.length > 0 ||
  unit.claims.some(({ replaces }) => replaces !== undefined) ||
  outside(unit.writes.map(({ row }) => row)).length > 0 ||
  weightOf(unit) > togetherLimits.group / 4
