/** The hash chain of one writer: each line's hash covers the one before it, and the first covers the last known heads of the other chains. `access.md` section 8. */
import { Binary, type Db, type Document } from 'mongodb'
import {
  canonicalBytes,
  type IdentifiedEntry,
  type LinkedEntry,
  linkBytes,
  linkDocument,
  sha256,
  toAuditDocument,
} from './audit-document.ts'
import type { Deployment } from './deployment.ts'
import { insertDurably } from './durable-insert.ts'
import { onceMore } from './mongo-errors.ts'

/** The last line of a chain. */
export interface Head {
  readonly seq: number
  readonly hash: Buffer
}

/** A row of `audit_chain`. */
export interface ChainDocument {
  readonly _id: string
  readonly opened: Date
  /** Last known heads of the chains before it. */
  readonly after: readonly { readonly chain: string; readonly seq: number; readonly hash: string }[]
  /** A head that was durable; later lines may follow. */
  readonly head: { readonly seq: number; readonly hash: Binary }
  /** When its writer last said that it lives. */
  readonly alive: Date
  /** Whether every line of its writes is known to be linked. */
  readonly settled: boolean
  /** Last line of the months that were dropped: the chain is checked from there. */
  readonly kept?: { readonly seq: number; readonly hash: Binary }
}

/** A hash as bytes. */
export const bytesOf = (hash: Binary): Buffer => Buffer.from(hash.buffer)

/** The hash that stands before the first line of a chain. */
export const seedOf = ({ _id, opened, after }: Pick<ChainDocument, '_id' | 'opened' | 'after'>): Buffer =>
  sha256(Buffer.from(JSON.stringify([_id, opened.getTime(), after.map(({ chain, seq, hash }) => [chain, seq, hash])])))

export const chains = (db: Db) => db.collection<ChainDocument>('audit_chain')

const durable = { w: 'majority', j: true, wtimeoutMS: 10_000 } as const

/** Opens a chain behind the heads of those that exist. */
export async function openChain(deployment: Deployment, _id: string, opened: Date): Promise<Head> {
  const others = await chains(deployment.db)
    .find({}, { projection: { head: 1 }, sort: { opened: -1 }, limit: 100 })
    .toArray()
  const after = others.map(({ _id: chain, head }) => ({
    chain,
    seq: head.seq,
    hash: bytesOf(head.hash).toString('hex'),
  }))
  const head = { seq: 0, hash: seedOf({ _id, opened, after }) }
  const row = { _id, opened, after, head: { seq: 0, hash: new Binary(head.hash) }, alive: opened, settled: false }
  await insertDurably(deployment, 'audit_chain', [row])
  return head
}

/** Says how far the chain is durable, and that its writer lives. */
export async function checkpoint(
  db: Db,
  chain: string,
  { head, alive, settled }: { head: Head; alive: Date; settled: boolean },
): Promise<void> {
  const $set = { head: { seq: head.seq, hash: new Binary(head.hash) }, alive, settled }
  await onceMore(() => chains(db).updateOne({ _id: chain }, { $set }, { writeConcern: durable }))
}

/** Says that the chain of another writer is durable at least so far. */
export async function noteHead(db: Db, chain: string, { seq, hash }: Head): Promise<void> {
  const $set = { head: { seq, hash: new Binary(hash) } }
  const shorter = { _id: chain, 'head.seq': { $lt: seq } }
  await onceMore(() => chains(db).updateOne(shorter, { $set }, { writeConcern: durable }))
}

export interface Chained {
  readonly documents: readonly Document[]
  readonly head: Head
}

const place = (chain: string, before: Head, bytes: Buffer): { head: Head; fields: Document } => {
  const head = { seq: before.seq + 1, hash: sha256(before.hash, bytes) }
  return { head, fields: { chain, seq: head.seq, hash: new Binary(head.hash) } }
}

/** @returns the documents of lines, in order, that follow `before` in the chain. */
export function chainEntries(chain: string, before: Head, entries: readonly IdentifiedEntry[]): Chained {
  const documents: Document[] = []
  let head = before
  for (const entry of entries) {
    const placed = place(chain, head, canonicalBytes(entry))
    documents.push({ ...toAuditDocument(entry), ...placed.fields })
    head = placed.head
  }
  return { documents, head }
}

/** @returns the document that takes lines of writes into the chain. */
export function chainLink(
  chain: string,
  before: Head,
  link: { _id: string; at: Date; links: readonly LinkedEntry[] },
): Chained {
  const placed = place(chain, before, linkBytes(link._id, link.links))
  return { documents: [{ ...linkDocument(link._id, link.at, link.links), ...placed.fields }], head: placed.head }
}
