/** Gives an item the row that its criteria find, or a new one under a guard, so that of equal ones at once one creates. https://hl7.org/fhir/R4/http.html#ccreate */
import { parseServerId } from '../../../resources/ids.ts'
import { failAll, ok, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import { targetOf } from '../trail.ts'
import { besideRecord, mayLiveOutside } from './beside-record.ts'
import { matchesOf, onlyMatch, parseCriteria } from './conditional.ts'
import { type Looked, tellCriteria } from './criteria-trace.ts'
import { collectionOf, fresh } from './fresh.ts'
import type { Item, Settled } from './item.ts'
import type { Settling } from './settling.ts'

/** @returns the item with the row that its condition found. */
export const existing = (item: Item, row: Found): Settled => ({
  item,
  collection: row.patient === null ? 'directory' : 'record',
  _id: row._id,
  id: row.id,
  existing: { version: row.version, updated: row.updated, target: targetOf(row) },
  chosen: false,
})

const normalised = (applied: readonly (readonly [string, string])[]): string =>
  JSON.stringify([...applied].map(([name, value]) => `${name}=${value}`).sort())

/** The registry's line for a condition that another unit fulfilled in the meantime; its row, if it still is. */
async function guarded(
  settling: Settling,
  at: { key: string; item: Item },
): Promise<Found | { stale: string } | undefined> {
  const { context } = settling
  const [line] = await context.store.registered([at.key])
  if (line === undefined) return undefined
  const patient = parseServerId(line.resource)
  const extent =
    patient?.collection === 'record'
      ? ({ collection: 'record', patient: patient.patient } as const)
      : ({ collection: 'directory' } as const)
  const row = await context.store.row(systemRestriction('resolve identifiers', extent), at.item.type, line.resource)
  return row ?? { stale: line.resource }
}

/** Where the condition of an item looks, and the place in whose name it is guarded. */
interface Condition {
  readonly guardedIn: string
  readonly places: readonly (string | 'every' | null)[]
}

/** A record that is about to open holds nothing yet, but its Patient must be new. */
function searchedBy(settling: Settling, item: Item): Condition {
  const { context, record } = settling
  const { type } = item
  if (collectionOf(settling, item) === 'directory') return { guardedIn: 'directory', places: [null] }
  if (!record.opens) return { guardedIn: record.patient ?? '', places: besideRecord(context, type, record.patient) }
  if (type === 'Patient' && !context.regime.onePatient) return { guardedIn: 'every', places: ['every'] }
  return { guardedIn: 'nowhere', places: mayLiveOutside(context, type) ? [null] : [] }
}

/** @returns the item with the row that its criteria find, or with a new one under a guard; 412 where they find several. */
export async function settledByCriteria(settling: Settling, item: Item, criteria: string): Promise<Result<Settled>> {
  const { context, call, facts, gone } = settling
  const request = parseCriteria(context, item.type, { criteria, path: item.path })
  if (!request.ok) return failAll(request.failure.kind, request.failure.complaints)
  const { guardedIn, places } = searchedBy(settling, item)
  const digest = context.registryKey(
    'guard',
    guardedIn,
    item.type,
    depositorOf(call.principal),
    normalised(request.value.applied),
  )
  const key = `${guardedIn}/${digest}`
  const look = (): Promise<readonly Looked[]> =>
    Promise.all(
      places.map(async patient => {
        const asked = { type: item.type, patient, facts, request: request.value }
        return { ...asked, rows: await matchesOf(context, call, { ...asked, gone }) }
      }),
    )
  const found = await look()
  // What is found needs no guard. What is not may have been created between the look and the reading of the guard's line.
  const line = found.some(({ rows }) => rows.length > 0) ? undefined : await guarded(settling, { key, item })
  const looked = line === undefined ? found : await look()
  const rows = looked.flatMap(each => each.rows)
  // The one match of a conditional create is told of with the answer.
  if (rows.length > (item.ifNoneExist === undefined ? 0 : 1))
    for (const each of looked) await tellCriteria(context, call, each)
  const match = onlyMatch(rows, item.path)
  if (!match.ok) return match
  // Another unit opened this record since it was looked for: its claim stops this one, which is then thought through anew.
  if (match.value !== undefined && guardedIn === 'every') return ok({ ...fresh(settling, item), guard: { key } })
  if (match.value !== undefined) return ok(existing(item, match.value))
  const stale = line === undefined ? {} : { replaces: 'stale' in line ? line.stale : line._id }
  return ok({ ...fresh(settling, item), guard: { key, ...stale } })
}
