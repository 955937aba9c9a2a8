/** The collections of the trail, one for each month: retention drops a collection. `access.md` section 8. */
import type { Db } from 'mongodb'
import { auditCollection, ensureCollection } from './collections.ts'
import { onceMore } from './mongo-errors.ts'

const millisOfDay = 86_400_000

/** Nearly every line is of the day of the one before. */
let recent = { day: Number.NaN, month: '' }

/** Collection of the month, UTC, in which the instant falls. */
export function monthOf(at: number): string {
  const day = Math.floor(at / millisOfDay)
  if (day !== recent.day) recent = { day, month: `audit_${new Date(at).toISOString().slice(0, 7).replace('-', '')}` }
  return recent.month
}

export interface Months {
  /** Makes the collections of these instants; inside a transaction none can be made. */
  readonly ensure: (instants: readonly number[]) => Promise<void>
  /** All that exist, oldest first. Asked anew each time: other instances make them too. */
  readonly list: () => Promise<readonly string[]>
}

/** @returns the months of a database. Which collections exist is remembered: only `audit-retention.ts` drops one, and only an old one. */
export function openMonths(db: Db): Months {
  const existing = new Set<string>()
  return {
    async ensure(instants) {
      for (const name of new Set(instants.map(monthOf))) {
        if (existing.has(name)) continue
        await onceMore(() => ensureCollection(db, { ...auditCollection, name }))
        existing.add(name)
      }
    },
    async list() {
      const found = await db.listCollections({ name: /^audit_\d{6}$/ }, { nameOnly: true }).toArray()
      return found.map(({ name }) => name).sort()
    },
  }
}
