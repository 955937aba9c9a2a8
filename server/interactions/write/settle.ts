/** Gives every item its row: an id of the server, the id that a client chose, or the row that a condition found. */
import { parseServerId } from '../../../resources/ids.ts'
import { fail, failAll, ok, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import type { Facts } from '../../../security/facts.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import type { Call, Context } from '../interaction.ts'
import { idKey, locate } from '../locate.ts'
import { targetOf } from '../trail.ts'
import { nothingThere } from './absent.ts'
import { matchesOf, onlyMatch, parseCriteria } from './conditional.ts'
import { tellCriteria } from './criteria-trace.ts'
import type { FoundBefore } from './found-before.ts'
import type { Item, Settled, UnitRecord } from './item.ts'
import type { KeptBytes } from './kept-bytes.ts'

/** Everything an item needs to find its row. */
export interface Settling {
  readonly context: Context
  readonly call: Call
  readonly record: UnitRecord
  readonly facts: Facts | undefined
  /** One instant for all that is written together; milliseconds since 1970. */
  readonly now: number
  /** Keys of records that were merged into this one, in whose name the unit is deposited. */
  readonly names: readonly string[]
  /** `_id`s of the rows that the unit deletes, which is done before anything else. */
  readonly gone: ReadonlySet<string>
  readonly kept: KeptBytes
  readonly found: FoundBefore
}

/** Types outside every compartment live in the directory; those that follow a target live where the unit does. */
function collectionOf({ context, record }: Settling, { type }: Item): 'record' | 'directory' {
  if (record.patient === null) return 'directory'
  const follows = type === 'Binary' || type === 'Provenance' || type === 'Patient'
  const compartment = context.catalog.types.get(type)?.compartment ?? []
  return follows || compartment.length > 0 ? 'record' : 'directory'
}

/** @returns the item with a row that nothing has yet. */
export function fresh(settling: Settling, item: Item): Settled {
  const { context, record } = settling
  const collection = collectionOf(settling, item)
  if (item.type === 'Patient' && record.opens && record.patient !== null)
    return { item, collection, _id: record.patient, id: record.patient, chosen: false }
  const ulid = context.newUlid()
  const _id = collection === 'record' ? `${record.patient}-${ulid}` : ulid
  return { item, collection, _id, id: _id, chosen: false }
}

const existing = (item: Item, row: Found): Settled => ({
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

/** Where the condition of an item looks: a record that is about to open holds nothing yet, but its Patient must be new. */
function searchedBy(settling: Settling, item: Item): string | 'every' | 'nowhere' | null {
  const { context, record } = settling
  if (collectionOf(settling, item) === 'directory') return null
  if (!record.opens) return record.patient
  return item.type === 'Patient' && !context.regime.onePatient ? 'every' : 'nowhere'
}

async function conditional(settling: Settling, item: Item, criteria: string): Promise<Result<Settled>> {
  const { context, call, record, facts, gone } = settling
  const request = parseCriteria(context, item.type, { criteria, path: item.path })
  if (!request.ok) return failAll(request.failure.kind, request.failure.complaints)
  const patient = searchedBy(settling, item)
  const digest = context.registryKey(
    'guard',
    patient ?? 'directory',
    item.type,
    depositorOf(call.principal),
    normalised(request.value.applied),
  )
  const key = `${patient ?? 'directory'}/${digest}`
  const asked = { type: item.type, patient, facts, request: request.value }
  const look = async (): Promise<readonly Found[]> =>
    patient === 'nowhere' ? [] : matchesOf(context, call, { ...asked, gone })
  const found = await look()
  // What is found needs no guard. What is not may have been created between the look and the reading of the guard's line.
  const line = found.length > 0 ? undefined : await guarded(settling, { key, item })
  const rows = line === undefined ? found : await look()
  // The one match of a conditional create is told of with the answer.
  if (rows.length > (item.ifNoneExist === undefined ? 0 : 1)) await tellCriteria(context, call, { ...asked, rows })
  const match = onlyMatch(rows, item.path)
  if (!match.ok) return match
  // Another unit opened this record since it was looked for: its claim stops this one, which is then thought through anew.
  if (match.value !== undefined && record.opens && patient === 'every')
    return ok({ ...fresh(settling, item), guard: { key } })
  if (match.value !== undefined) return ok(existing(item, match.value))
  const stale = line === undefined ? {} : { replaces: 'stale' in line ? line.stale : line._id }
  return ok({ ...fresh(settling, item), guard: { key, ...stale } })
}

async function addressed(settling: Settling, item: Item, id: string): Promise<Result<Settled>> {
  const { context, call } = settling
  const place = await locate(context, item.type, id)
  // A Patient whom another unit created since the record was looked for: its claim stops this one.
  const overtaken = item.type === 'Patient' && item.method === 'PUT' && settling.record.opens
  if (place !== undefined && !overtaken)
    return ok({ item, collection: place.collection, _id: place._id, id, chosen: false })
  if (item.method === 'DELETE' || !context.regime.choosesIds(call.principal, item.type)) return nothingThere(item)
  return ok({ ...fresh(settling, item), id, chosen: true })
}

/** A Patient that a transaction names by its INS and that already has a record. */
function knownPatient({ record }: Settling, item: Item): boolean {
  return item.type === 'Patient' && item.method === 'POST' && !record.opens && record.patient !== null
}

async function patientRow(settling: Settling, item: Item): Promise<Result<Settled>> {
  const { context, record } = settling
  const patient = record.patient ?? ''
  const row = await context.store.row(
    systemRestriction('resolve identifiers', { collection: 'record', patient }),
    'Patient',
    patient,
  )
  return row === undefined ? ok(fresh(settling, item)) : ok(existing(item, row))
}

/** A record has one Patient: criteria that do not find it leave nothing to create. */
const isOnlyPatient = ({ record }: Settling, { type }: Item): boolean =>
  type === 'Patient' && !record.opens && record.patient !== null

/** The one match of an update, whose id the resource may name but not change. What it updates is the version that matched. */
function matched(settled: Settled, basis: number): Result<Settled> {
  const { item, collection, _id, id } = settled
  const own = item.written?.resource.id
  return own === undefined || own === id
    ? ok({ item: { ...item, id, basis }, collection, _id, id, chosen: false })
    : fail('malformedBody', 'expected the id of the resource that the criteria find, or none', `${item.path}.id`)
}

/** One match is updated, none is created, under the id of the resource if it has one. https://hl7.org/fhir/R4/http.html#cond-update */
async function conditionalUpdate(settling: Settling, item: Item, criteria: string): Promise<Result<Settled>> {
  const found = await conditional(settling, item, criteria)
  if (!found.ok) return found
  const { existing: match } = found.value
  if (match !== undefined) return matched(found.value, match.version)
  const id = item.written?.resource.id
  if (isOnlyPatient(settling, item)) return nothingThere(item)
  if (id === undefined) return ok({ ...found.value, item: { ...item, method: 'POST' } })
  const { context, call } = settling
  if (!context.regime.choosesIds(call.principal, item.type)) return nothingThere(item)
  const { guard } = found.value
  const own = await addressed(settling, item, id)
  if (!own.ok) return own
  const expected = 'expected an id that no resource has, found one that the criteria do not find'
  const taken = own.value.chosen ? {} : { taken: fail('conflict', expected, `${item.path}.id`) }
  return ok({ ...fresh(settling, item), id, chosen: true, ...(guard && { guard }), ...taken })
}

/** @returns the row of an item; fails when its id cannot be, or its condition means several. */
export function settle(settling: Settling, item: Item): Promise<Result<Settled>> {
  if (knownPatient(settling, item)) return patientRow(settling, item)
  if (item.criteria !== undefined) return conditionalUpdate(settling, item, item.criteria)
  if (item.method !== 'POST') return addressed(settling, item, item.id ?? '')
  return item.ifNoneExist === undefined
    ? Promise.resolve(ok(fresh(settling, item)))
    : conditional(settling, item, item.ifNoneExist)
}

/** The key of the registry for an id that a client chose. */
export const chosenKey = (context: Context, { item, id }: Settled): string => idKey(context, item.type, id)
