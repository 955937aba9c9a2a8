/** Gives every item its row: an id of the server, the id that a client chose, or the row that a condition found. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Context } from '../interaction.ts'
import { idKey, locate } from '../locate.ts'
import { nothingThere } from './absent.ts'
import { fresh } from './fresh.ts'
import type { Item, Settled } from './item.ts'
import { existing, settledByCriteria } from './settled-by-criteria.ts'
import type { Settling } from './settling.ts'

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
  const found = await settledByCriteria(settling, item, criteria)
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
    : settledByCriteria(settling, item, item.ifNoneExist)
}

/** The key of the registry for an id that a client chose. */
export const chosenKey = (context: Context, { item, id }: Settled): string => idKey(context, item.type, id)
