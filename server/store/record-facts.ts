/** The row of `access`: what the resources of a record say about who may see it, compiled in the transaction that changes them. `access.md` section 4. */
import type { Binary, Document } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import type { Resource } from '../../resources/resource.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import type { Facts } from '../../security/facts.ts'
import { lifeAfter, type RecordLife, rulesInForce } from '../../security/record-life.ts'
import { find, type InTransaction, update } from './statements.ts'
import type { Committed } from './store.ts'
import { Stopped } from './unit-of-work.ts'

const typesThatRule = ['Patient', 'Consent', 'CareTeam', 'RelatedPerson']

/** Whether the bytes of a row are needed: its JSON without lifted data is enough, because no rule stands in an attachment. */
const toResource = ({ _id, json }: Document): { _id: string; resource: Resource } => ({
  _id,
  resource: JSON.parse(Buffer.from((json as Binary).buffer).toString('utf8')),
})

/** `_id`s of the rows whose id a client chose, among those that consents name. */
async function chosenIds(at: InTransaction, facts: Facts): Promise<ReadonlyMap<string, string>> {
  const chosen = facts.maskedRows.filter(id => parseServerId(id) === undefined)
  if (chosen.length === 0) return new Map()
  const filter = { patient: facts.patient, id: { $in: chosen } }
  const rows = await find(at, { find: 'record', filter, projection: { id: 1, type: 1 }, hint: 'compartment' })
  return new Map(rows.map(({ _id, type, id }) => [`${type}/${id}`, String(_id)]))
}

export interface RecordChange {
  readonly patient: string
  readonly depositor: string | null
  readonly authors: readonly string[]
  /** When its destruction was asked for, milliseconds since 1970. */
  readonly destroyAt?: number
  /** Whether the unit brings the record into being: else one without a row was destroyed meanwhile. */
  readonly opens: boolean
  /** Days of consents without a time zone are days there. */
  readonly zone: string
}

/** The rows that consents mask since, and those that they no longer mask. */
export interface ConsentChange {
  readonly masked: readonly string[]
  readonly lifted: readonly string[]
}

const without = (some: readonly string[], others: readonly string[]): readonly string[] =>
  some.filter(one => !others.includes(one))

const instant = (value: number | null): Date | null => (value === null ? null : new Date(value))

/** The life of a record as its row keeps it: outside of the facts that every request reads. */
const lifeDocument = ({ closed, lapsed, destroy }: RecordLife): Document => ({
  ...{ closed: instant(closed), lapsed: instant(lapsed) },
  ...(destroy === null ? {} : { destroy: new Date(destroy) }), // absent keeps the row out of the index
})

// The border: only `lifeDocument` writes what is read here.
function formerLife(row: Document | undefined): (RecordLife & { readonly open: boolean }) | undefined {
  if (row === undefined) return undefined
  const { closed = null, lapsed = null, destroy = null } = row.life ?? {}
  const [at, since, due] = [closed, lapsed, destroy].map((value: Date | null) => value?.getTime() ?? null)
  return { open: row.open, closed: at ?? null, lapsed: since ?? null, destroy: due ?? null }
}

/** Compiles the facts of a record anew and stores them. To be called after the unit's own writes. */
export async function recompile(at: InTransaction, change: RecordChange): Promise<ConsentChange> {
  const { patient, depositor, zone } = change
  const [former] = await find(at, { find: 'access', filter: { _id: patient }, hint: '_id_' })
  if (former === undefined && !change.opens) throw new Stopped<Committed>({ outcome: 'overtaken', _id: patient })
  const rows = await find(at, {
    find: 'record',
    filter: { patient, type: { $in: typesThatRule } },
    projection: { json: 1 },
    hint: 'compartment',
  })
  const depositors = [...(former?.depositors ?? []), ...(depositor === null ? [] : [depositor])]
  const authors = [...(former?.authors ?? []), ...change.authors]
  const resources = rows.map(toResource)
  const { open } = compileFacts({ patient, resources, depositors: [] }, zone)
  const written = resources.map(({ resource }) => resource)
  const life = lifeAfter(formerLife(former), { resources: written, open }, change.destroyAt)
  const record = { patient, resources: rulesInForce(resources, life), depositors, authors }
  const first = compileFacts(record, zone)
  const rowIds = await chosenIds(at, first)
  const { patient: _id, ...facts } = rowIds.size === 0 ? first : compileFacts({ ...record, rowIds }, zone)
  const u = { ...facts, turn: (former?.turn ?? 0) + 1, life: lifeDocument(life) }
  await update(at, 'access', [{ q: { _id }, u, upsert: true, hint: '_id_' }])
  const before: readonly string[] = former?.maskedRows ?? []
  return { masked: without(facts.maskedRows, before), lifted: without(before, facts.maskedRows) }
}

/**
 * Notes a depositor, and takes a turn when `turns`: who reads the mask of a document of the record to follow it, and who
 * changes such a mask, write the same row, so that they cannot pass each other unseen.
 */
export async function touch(
  at: InTransaction,
  {
    patient,
    depositor,
    authors,
    turns,
  }: Pick<RecordChange, 'patient' | 'depositor' | 'authors'> & { readonly turns: boolean },
): Promise<void> {
  const u = {
    ...(depositor === null && authors.length === 0
      ? {}
      : { $addToSet: { depositors: { $each: depositor === null ? [] : [depositor] }, authors: { $each: authors } } }),
    ...(turns ? { $inc: { turn: 1 } } : {}),
  }
  if (Object.keys(u).length > 0) await update(at, 'access', [{ q: { _id: patient }, u, hint: '_id_' }])
}
