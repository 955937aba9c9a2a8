/** Rows of the directory by which the server itself knows who is named; those of several requests in one query. `access.md` section 5. */
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Deployment } from './deployment.ts'
import { toFound } from './found-row.ts'
import { inGroups } from './groups.ts'
import { rowsCommand } from './read-commands.ts'
import { runFindBytes } from './run-read.ts'
import type { Found, Named, Store } from './store.ts'

const limits = { group: 1000, weigh: (named: readonly Named[]) => named.length, queue: 20_000 }

/** @returns `Store.named`. Lookups that come while one is under way share the next. */
export function openDirectory(deployment: Deployment): Store['named'] {
  const restriction = systemRestriction('resolve identifiers', { collection: 'directory' })
  const read = inGroups(async (lookups: readonly (readonly Named[])[]) => {
    const idsOf = new Map<string, Set<string>>()
    for (const { type, _id } of lookups.flat()) idsOf.set(type, (idsOf.get(type) ?? new Set()).add(_id))
    const rows = await Promise.all(
      [...idsOf].map(([type, ids]) => runFindBytes(deployment, rowsCommand({ restriction, type }, [...ids]))),
    )
    return new Map(
      rows
        .flat()
        .map(toFound)
        .map((row): [string, Found] => [row._id, row]),
    )
  }, limits)
  return async named => {
    if (named.length === 0) return []
    const rows = await read(named)
    const wanted = new Map(named.map(({ type, _id }) => [_id, type]))
    return [...wanted]
      .map(([_id, type]) => ({ row: rows.get(_id), type }))
      .flatMap(({ row, type }) => (row?.type === type ? [row] : []))
  }
}
