/** Every line of the chains, in their order, whichever month holds it. `access.md` section 8. */
import type { Db, Document } from 'mongodb'

/** A line with the collection that holds it. */
export interface ChainedLine {
  readonly month: string
  readonly document: Document
}

const isBefore = (one: ChainedLine, other: ChainedLine): boolean => {
  const [a, b] = [one.document, other.document]
  return a.chain === b.chain ? a.seq < b.seq : a.chain < b.chain
}

interface Reading {
  readonly next: () => Promise<Document | null>
  readonly month: string
  line: ChainedLine | undefined
}

async function advance(reading: Reading): Promise<void> {
  const document = await reading.next()
  reading.line = document === null ? undefined : { month: reading.month, document }
}

/** @returns the lines by chain and place. It reads every month at once, each sorted by the database, without an index. */
export async function* chainedLines(db: Db, months: readonly string[]): AsyncGenerator<ChainedLine> {
  const readings = months.map((month): Reading => {
    const lines = db
      .collection(month)
      .find({ seq: { $exists: true } })
      .sort({ chain: 1, seq: 1 })
      .allowDiskUse()
    return { month, next: () => lines.next(), line: undefined }
  })
  await Promise.all(readings.map(advance))
  for (;;) {
    const [first, ...others] = readings.filter(({ line }) => line !== undefined)
    if (first === undefined) return
    const earliest = others.reduce((best, one) => (isEarlier(one, best) ? one : best), first)
    if (earliest.line !== undefined) yield earliest.line
    await advance(earliest)
  }
}

const isEarlier = (one: Reading, other: Reading): boolean =>
  one.line !== undefined && other.line !== undefined && isBefore(one.line, other.line)
