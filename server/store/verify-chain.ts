/** Checks one chain after the other, line by line: who changes, removes or inserts a line breaks the hashes after it. `access.md` section 8. */
import type { Document } from 'mongodb'
import { bytesOf, type ChainDocument, seedOf } from './audit-chain.ts'
import { canonicalBytes, linkBytes, linksOf, sha256, toAuditEntry } from './audit-document.ts'
import type { ChainedLine } from './audit-lines.ts'

/** Something that should not be: the trail was changed. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

/** Heads that others have seen, by chain and place: a chain must have been at least so long. */
type Witnessed = ReadonlyMap<string, ReadonlyMap<number, string>>

/** Where the check of a chain stands. */
interface Place {
  readonly chain: string
  seq: number
  hash: Buffer
}

/** @returns what a reading gives, or undefined when the document has lost what a line has. */
export function readLine<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Whether the hash of a line covers the line before it and the line itself. */
function follows(before: Buffer, document: Document): boolean {
  const _id = String(document._id)
  const bytes = readLine(() =>
    document.links === undefined
      ? canonicalBytes({ _id, entry: toAuditEntry(document) })
      : linkBytes(_id, linksOf(document)),
  )
  const hash = readLine(() => bytesOf(document.hash))
  return bytes !== undefined && hash !== undefined && sha256(before, bytes).equals(hash)
}

function witnessed(rows: readonly ChainDocument[]): Witnessed {
  const heads = new Map<string, Map<number, string>>()
  const add = (chain: string, seq: number, hash: string) => {
    const known = heads.get(chain) ?? new Map<number, string>()
    const other = known.get(seq)
    if (other !== undefined && other !== hash)
      throw new Broken(`two chains name different lines ${seq} of chain ${chain}`)
    heads.set(chain, known.set(seq, hash))
  }
  for (const { _id, head, after } of rows) {
    add(_id, head.seq, bytesOf(head.hash).toString('hex'))
    for (const named of after) add(named.chain, named.seq, named.hash)
  }
  return heads
}

/** Checks lines in the order of their chains. */
export class ChainCheck {
  readonly #rows: Map<string, ChainDocument>
  readonly #witnessed: Witnessed
  readonly #ended = new Map<string, Place>()
  #place: Place | undefined
  /** Patients of lines that a destruction stripped: they are believed when it is proven. */
  readonly stripped = new Set<string>()

  /** @throws Broken when the chains contradict each other, or one that another names is missing. */
  constructor(rows: readonly ChainDocument[]) {
    this.#rows = new Map(rows.map(row => [row._id, row]))
    this.#witnessed = witnessed(rows)
    const missing = [...this.#witnessed.keys()].find(chain => !this.#rows.has(chain))
    if (missing !== undefined) throw new Broken(`chain ${missing}, which a later one names, is missing`)
  }

  /** Whether the chain was there when the check began. */
  knows(chain: string): boolean {
    return this.#rows.has(chain)
  }

  /** A chain that a server opened since. What it says of the others may be newer than what was read of them. */
  learn(row: ChainDocument): void {
    this.#rows.set(row._id, row)
  }

  #start(chain: string): Place {
    const row = this.#rows.get(chain)
    if (row === undefined) throw new Broken(`chain ${chain} was never opened`)
    return { chain, seq: row.kept?.seq ?? 0, hash: row.kept === undefined ? seedOf(row) : bytesOf(row.kept.hash) }
  }

  #witness({ chain, seq, hash }: Place): void {
    const known = this.#witnessed.get(chain)?.get(seq)
    if (known !== undefined && known !== hash.toString('hex'))
      throw new Broken(`line ${seq} of chain ${chain} is not the one that was seen there before`)
  }

  /** @throws Broken at the first line that does not follow. */
  line({ month, document }: ChainedLine): void {
    const chain = String(document.chain)
    if (this.#place?.chain !== chain) {
      this.#place = this.#start(chain)
      this.#ended.set(chain, this.#place)
      this.#witness(this.#place)
    }
    const place = this.#place
    if (document.seq <= (this.#rows.get(chain)?.kept?.seq ?? 0)) return // its predecessors were dropped with their month
    const name = `${month} ${document._id}`
    if (document.seq !== place.seq + 1)
      throw new Broken(`line ${place.seq + 1} of chain ${chain} is missing: ${name} is line ${document.seq}`)
    if (document.stripped === true) this.stripped.add(String(document.patient))
    else if (!follows(place.hash, document))
      throw new Broken(`line ${document.seq} of chain ${chain} was changed: ${name}`)
    place.seq = document.seq
    place.hash = bytesOf(document.hash)
    this.#witness(place)
  }

  /** @returns the last line of each chain. @throws Broken when a chain is shorter than it was. */
  end(): readonly Readonly<Place>[] {
    return [...this.#rows.keys()].map(chain => {
      const place = this.#ended.get(chain) ?? this.#start(chain)
      const longest = Math.max(...(this.#witnessed.get(chain)?.keys() ?? []))
      if (longest > place.seq) throw new Broken(`lines ${place.seq + 1} to ${longest} of chain ${chain} are missing`)
      return place
    })
  }
}
