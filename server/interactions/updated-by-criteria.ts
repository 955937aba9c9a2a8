/** Whether what a transaction reads is what one of its conditional updates finds. https://hl7.org/fhir/R4/http.html#cond-update */
import { matches } from '../../search/matches.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import { decideIn } from './access.ts'
import type { Call, Context } from './interaction.ts'
import { locate } from './locate.ts'
import { besideRecord } from './write/beside-record.ts'
import { namesOthers, parseCriteria } from './write/conditional.ts'
import type { Item } from './write/item.ts'
import { recordOfUnit } from './write/record-of-unit.ts'

/** The updates whose resources do not say which they update, and all that is written beside them. */
interface Updates {
  readonly byCriteria: readonly Item[]
  readonly all: readonly Item[]
}

/** @returns whether criteria of an update find the resource that is asked: it is in the record where they look, is visible, and is what they describe. Were there another, too, the whole would fail. */
export async function isFound(context: Context, call: Call, { byCriteria, all }: Updates): Promise<boolean> {
  const { type, id = '' } = call
  const updates = byCriteria.filter(item => item.type === type)
  const place = updates.length === 0 ? undefined : await locate(context, type, id)
  if (place === undefined) return false
  const [record, decision] = [await recordOfUnit(context, call, all), await decideIn(context, call, place.patient)]
  if (!record.ok || decision.effect === 'deny') return false
  const places = belongsToRecords(context.catalog, type) ? besideRecord(context, type, record.value.patient) : [null]
  if (!places.includes(place.patient)) return false
  const stored = await context.store.stored(decision.restriction, type, place._id)
  if (stored === undefined) return false
  for (const { criteria = '', path } of updates) {
    const request = parseCriteria(context, type, { criteria, path })
    if (!request.ok || !matches(request.value.query, stored.entry)) continue
    if (!(await namesOthers(context, request.value, { patient: place.patient, facts: undefined }))) return true
  }
  return false
}
