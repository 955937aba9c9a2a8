/** Former versions of the Patients of two records that are parted, without what they say of each other. `docs/decisions/0037-one-person-one-record.md` */
import { Binary, type Document } from 'mongodb'
import { nameKey } from '../../search/key.ts'
import type { Merge } from './merge-records.ts'
import type { PastEdit } from './merge-request.ts'
import { places } from './record-places.ts'
import { isPolicyKey } from './row-document.ts'
import { find, type InTransaction, update } from './statements.ts'
import type { Committed } from './store.ts'
import { Stopped } from './unit-of-work.ts'
import { versionKey } from './version-order.ts'

const idOf = ({ _id, version }: PastEdit): string => versionKey(_id, version)

/** What a rule of access put among the keys stays. */
function changed({ json, search, blobs }: PastEdit, former: Document): Document {
  const kept = former.search.token.filter(isPolicyKey)
  const changes = { json: new Binary(json), search: { ...search, token: [...search.token, ...kept] } }
  return { $set: { ...changes, ...(blobs.length === 0 ? {} : { blobs: [...blobs] }) } }
}

/** Nothing is deposited in the name of another record any more. */
export async function forgetNames(at: InTransaction, { source, target }: Merge): Promise<void> {
  const key = nameKey(source)
  const u = { $pull: { 'search.token': key } }
  for (const [collection, hint] of places) {
    const changes = [source, target].map(patient => ({ q: { patient, 'search.token': key }, u, multi: true, hint }))
    await update(at, collection, changes)
  }
}

/** To be called after the unit's own writes: what stood until then is a former version since. Stops the unit with `overtaken` when one of them is not there. */
export async function editPast(at: InTransaction, { source, past = [] }: Merge): Promise<void> {
  if (past.length === 0) return
  const filter = { _id: { $in: past.map(idOf) } }
  const rows = await find(at, { find: 'record_history', filter, projection: { 'search.token': 1 }, hint: '_id_' })
  const former = new Map(rows.map(row => [String(row._id), row]))
  const changes = past.flatMap(edit => {
    const row = former.get(idOf(edit))
    return row === undefined ? [] : [{ q: { _id: row._id }, u: changed(edit, row), hint: '_id_' }]
  })
  if (changes.length < past.length) throw new Stopped<Committed>({ outcome: 'overtaken', _id: source })
  await update(at, 'record_history', changes)
}
