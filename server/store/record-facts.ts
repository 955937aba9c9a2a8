/** The row of `access`: what the resources of a record say about who may see it, compiled in the transaction that changes them. `access.md` section 4. */
import type { Binary, Document } from 'mongodb'
import { rememberBlocks } from '../../security/block-ends.ts'
import { compileFacts, type RecordOfAccess } from '../../security/compile-facts.ts'
import type { Facts } from '../../security/facts.ts'
import { rulesAfterMerge } from '../../security/merged-rules.ts'
import { lifeAfter, type RecordLife, rulesInForce } from '../../security/record-life.ts'
import { chosenIds, labelledIds } from './named-rows.ts'
import { checkFacts, checkRules, typesThatRule } from './rules-bounds.ts'
import { find, type InTransaction, update } from './statements.ts'
import type { Committed, RowWrite } from './store.ts'
import { Stopped } from './unit-of-work.ts'

/** Whether the bytes of a row are needed: its JSON without lifted data is enough, because no rule stands in an attachment. */
const toResource = ({ _id, json, updated }: Document): RecordOfAccess['resources'][number] => ({
  _id,
  updated: updated.getTime(),
  resource: JSON.parse(Buffer.from((json as Binary).buffer).toString('utf8')),
})

export interface RecordChange {
  readonly patient: string
  readonly depositor: string | null
  readonly authors: readonly string[]
  /** When its destruction was asked for, milliseconds since 1970. */
  readonly destroyAt?: number
  /** Of the unit. One that brings the record into being creates its Patient: else one without a row was destroyed meanwhile. */
  readonly writes: readonly RowWrite[]
  /** Whether it makes two records one, or parts them. */
  readonly merges?: boolean
  /** Days of consents without a time zone are days there. */
  readonly zone: string
  /** When the unit was decided, in milliseconds since 1970. */
  readonly at: number
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

const opens = ({ writes }: RecordChange): boolean =>
  writes.some(({ row, expected }) => row.type === 'Patient' && expected === 0)

/** What no rule says, and compiling leaves as it is: only reads add to readers, only a merge to what was merged, only a parting to what was parted. */
const keptOf = (former: Document | undefined): Pick<Facts, 'readers' | 'merged' | 'parted'> => ({
  ...(former?.parted === undefined ? {} : { parted: former.parted }),
  ...(former?.readers === undefined ? {} : { readers: former.readers }),
  ...(former?.merged === undefined || former.merged.length === 0 ? {} : { merged: former.merged }),
})

/** Compiles the facts of a record anew and stores them. To be called after the unit's own writes. */
export async function recompile(at: InTransaction, change: RecordChange): Promise<ConsentChange> {
  const { patient, depositor, zone } = change
  const [former] = await find(at, { find: 'access', filter: { _id: patient }, hint: '_id_' })
  const gone = former === undefined ? !opens(change) : former.into !== undefined
  if (gone) throw new Stopped<Committed>({ outcome: 'overtaken', _id: patient })
  const kept = keptOf(former)
  const rows = await find(at, {
    find: 'record',
    filter: { patient, type: { $in: typesThatRule } },
    projection: { json: 1, updated: 1, depositor: 1 },
    hint: 'compartment',
  })
  const writing = { ...change, ...kept }
  if (former?.open !== false) checkRules(rows, writing) // a closed one is opened again by a rule
  const depositors = [...(former?.depositors ?? []), ...(depositor === null ? [] : [depositor])]
  const authors = [...(former?.authors ?? []), ...change.authors]
  const resources = rulesAfterMerge(rows.map(toResource), kept.merged ?? [])
  const { open } = compileFacts({ patient, resources, depositors: [] }, zone)
  const written = resources.map(({ resource }) => resource)
  const life = lifeAfter(formerLife(former), { resources: written, open }, change.destroyAt)
  const record = { patient, resources: rulesInForce(resources, life), depositors, authors }
  const first = compileFacts(record, zone)
  const [rowIds, labelled] = [await chosenIds(at, first), await labelledIds(at, first)]
  const isFinal = rowIds.size === 0 && labelled.size === 0
  const compiled = isFinal ? first : compileFacts({ ...record, rowIds, labelled }, zone)
  const { patient: _id, ...facts } = rememberBlocks(compiled, former as Facts | undefined, change.at)
  const u = { ...facts, ...kept, turn: (former?.turn ?? 0) + 1, life: lifeDocument(life) }
  checkFacts({ facts: u, former, rows, resources: record.resources, zone }, writing)
  await update(at, 'access', [{ q: { _id }, u, upsert: true, hint: '_id_' }])
  const before: readonly string[] = former?.maskedRows ?? []
  return { masked: without(facts.maskedRows, before), lifted: without(before, facts.maskedRows) }
}

/** A record that was merged into another while the unit was thought through is another one now. */
async function checkMerged(at: InTransaction, patient: string): Promise<void> {
  const filter = { _id: patient, into: { $exists: true } }
  const merged = await find(at, { find: 'access', filter, projection: { _id: 1 }, hint: '_id_' })
  if (merged.length > 0) throw new Stopped<Committed>({ outcome: 'overtaken', _id: patient })
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
  if (Object.keys(u).length === 0) return
  const q = { _id: patient, into: { $exists: false } }
  if ((await update(at, 'access', [{ q, u, hint: '_id_' }])) === 0) await checkMerged(at, patient)
}
