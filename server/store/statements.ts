/** The statements of a transaction: one command per collection, whatever the number of rows. A statement per row was measured seven times dearer. */
import { Binary, BSON, type Document } from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'
import { type Batch, cursorNamed, isOver } from './cursor.ts'

/** Where statements run: one after the other, because a transaction carries one at a time. */
export interface InTransaction {
  readonly run: (command: Document) => Promise<WalkedDocument>
}

/** Another writer made the same row meanwhile: the transaction is to be performed again. */
export class Rival extends Error {
  override readonly name = 'Rival'
}

const duplicateKey = 11000

/** A statement that was refused for a key that exists already: its place in the statement. */
export interface Taken {
  readonly index: number
}

function takenBy(reply: WalkedDocument): Taken | undefined {
  const [error] = (reply.writeErrors ?? []) as unknown as readonly { index: number; code: number; errmsg: string }[]
  if (error === undefined) return undefined
  if (error.code === duplicateKey) return { index: error.index }
  throw new Error(`a statement was refused: ${error.code} ${error.errmsg}`)
}

/** A command must stay below 48 MB, and what a transaction writes with it below 16 MB an entry: this keeps to the smaller. */
const commandLimit = 14_000_000
const sizeOf = (document: Document): number => BSON.calculateObjectSize(document)

/** More than a value takes: to know it exactly costs as much as to write it. */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return 3 * value.length + 32
  if (typeof value !== 'object' || value === null) return 32
  if (value instanceof Binary) return value.length() + 32
  let sum = 32
  if (Array.isArray(value)) for (const inner of value) sum += mostBytes(inner) + 64
  else for (const name of Object.keys(value)) sum += mostBytes((value as Document)[name]) + 64
  return sum
}

/** @returns the parts in as many lists as commands are needed: nearly always one. */
function batches<Part>(parts: readonly Part[], documentOf: (part: Part) => Document): readonly (readonly Part[])[] {
  if (parts.length === 0) return []
  const most = parts.reduce((sum, part) => sum + mostBytes(documentOf(part)), 0)
  if (most < commandLimit) return [parts]
  const lists: Part[][] = []
  let room = 0
  for (const part of parts) {
    const size = sizeOf(documentOf(part))
    const list = size > room ? undefined : lists.at(-1)
    if (list === undefined) lists.push([part])
    else list.push(part)
    room = (list === undefined ? commandLimit : room) - size
  }
  return lists
}

/** @returns the first document whose `_id` exists already, or undefined when all were inserted. */
export async function insert(
  at: InTransaction,
  collection: string,
  documents: readonly Document[],
): Promise<Taken | undefined> {
  let before = 0
  for (const batch of batches(documents, document => document)) {
    const taken = takenBy(await at.run({ insert: collection, documents: batch }))
    if (taken !== undefined) return { index: before + taken.index }
    before += batch.length
  }
  return undefined
}

export interface Change {
  readonly q: Document
  readonly u: Document
  readonly upsert?: boolean
  readonly multi?: boolean
  readonly arrayFilters?: readonly Document[]
  readonly hint?: string
}

/** @returns how many documents the changes matched. Throws `Rival` when an upsert met another. */
export async function update(at: InTransaction, collection: string, changes: readonly Change[]): Promise<number> {
  let matched = 0
  for (const batch of batches(changes, ({ u }) => u)) {
    const reply = await at.run({ update: collection, updates: batch })
    if (takenBy(reply) !== undefined) throw new Rival(`another writer made the row of ${collection}`)
    matched += Number(reply.n)
  }
  return matched
}

/** @returns how many documents were removed. */
export async function remove(at: InTransaction, collection: string, filters: readonly Document[]): Promise<number> {
  if (filters.length === 0) return 0
  const deletes = filters.map(q => ({ q, limit: 1, hint: '_id_' }))
  const reply = await at.run({ delete: collection, deletes })
  return Number(reply.n)
}

/** One batch is enough for what a unit looks at, nearly always. */
const batchSize = 10_000

/** @returns all that the filter finds, as the driver's library decodes it: what is written again is what it was. */
export async function find(at: InTransaction, command: Document): Promise<readonly Document[]> {
  const rows: Buffer[] = []
  let next: Document = { ...command, batchSize }
  for (;;) {
    const { id, firstBatch, nextBatch } = (await at.run(next)).cursor as unknown as Batch
    rows.push(...(firstBatch ?? nextBatch ?? []))
    if (isOver(id)) return rows.map(row => BSON.deserialize(row))
    next = { getMore: cursorNamed(id), collection: command.find, batchSize }
  }
}

/** Replaces the one document that `query` finds. @returns what was there; undefined when there was none. */
export async function exchange(
  at: InTransaction,
  collection: string,
  { query, document }: { readonly query: Document; readonly document: Document },
): Promise<Document | undefined> {
  const command = { findAndModify: collection, query, update: document, new: false, hint: '_id_' }
  const { value } = await at.run(command)
  return value instanceof Uint8Array ? BSON.deserialize(value) : undefined
}
