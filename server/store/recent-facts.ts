/**
 * Facts as they were decoded last: who opens a record asks of it many times, and its row rarely changes meanwhile. The
 * row is read for every request all the same; only bytes that are the same as before are not decoded again.
 */
import type { Facts } from '../../security/facts.ts'
import { type WalkedDocument, walk } from './bson-walker.ts'

// The border: only `record-facts.ts` writes what is read here.
function toFacts({ _id, turn: _turn, life: _life, ...facts }: WalkedDocument): Facts {
  return { ...(facts as unknown as Omit<Facts, 'patient'>), patient: String(_id) }
}

interface Decoded {
  readonly bytes: Buffer
  readonly facts: Facts
}

/** Of all rows together, and of one: some 20 MB at most with what they are decoded to. */
const most = { rows: 2000, bytes: 8_000_000, ofOne: 256_000 }

/** The database puts `_id`, a text, before all else. https://bsonspec.org/spec.html */
const idOf = (row: Buffer): string => row.toString('latin1', 13, 12 + row.readInt32LE(9))

/** A row is a view of a whole reply, which would be kept with it. */
function copyOf(row: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(row.length)
  row.copy(copy)
  return copy
}

export class RecentFacts {
  /** The one that was used last is at the end. */
  readonly #decoded = new Map<string, Decoded>()
  #bytes = 0

  /** @param row as the database gave it. @returns its facts. */
  decode(row: Buffer): Facts {
    const patient = idOf(row)
    const known = this.#decoded.get(patient)
    if (known !== undefined) this.#decoded.delete(patient)
    if (known?.bytes.equals(row) === true) {
      this.#decoded.set(patient, known)
      return known.facts
    }
    this.#bytes -= known?.bytes.length ?? 0
    const facts = toFacts(walk(row))
    if (row.length <= most.ofOne) this.#keep(patient, { bytes: copyOf(row), facts })
    return facts
  }

  #keep(patient: string, decoded: Decoded): void {
    this.#decoded.set(patient, decoded)
    this.#bytes += decoded.bytes.length
    for (const [oldest, { bytes }] of this.#decoded) {
      if (this.#bytes <= most.bytes && this.#decoded.size <= most.rows) return
      this.#decoded.delete(oldest)
      this.#bytes -= bytes.length
    }
  }
}
