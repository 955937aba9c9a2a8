/** Lines of a month in the order of time, and within a millisecond of their ids: read in the order of the index, which has the time alone. */
import type { Collection, Document } from 'mongodb'
import { onceMore } from './mongo-errors.ts'
import { readTimeLimit } from './run-read.ts'

/** How lines are read, but for the index. */
export const reading = { maxTimeMS: readTimeLimit, readConcern: { level: 'majority' } } as const

export interface LinesAsked {
  readonly filter: Document
  readonly hint: 'trail' | '_id_'
  readonly descending: boolean
  readonly limit: number
}

const timeOf = ({ at }: Document): number => at.getTime()

function inOrder(lines: readonly Document[], descending: boolean): Document[] {
  const sign = descending ? -1 : 1
  const compare = (one: Document, other: Document): number =>
    timeOf(one) - timeOf(other) || (String(one._id) < String(other._id) ? -1 : 1)
  return lines.toSorted((one, other) => sign * compare(one, other))
}

/**
 * @returns the first lines. To sort by time and id the database would read every line that matches: so they are read by
 * time, and those of the last millisecond once more where the page ends among them.
 */
export async function firstLines(month: Collection, asked: LinesAsked): Promise<readonly Document[]> {
  const { filter, hint, descending, limit } = asked
  const direction = descending ? -1 : 1
  const find = (which: Document, by: 'at' | '_id', most: number) =>
    onceMore(() => month.find(which, { ...reading, hint, sort: { [by]: direction }, limit: most }).toArray())
  const found = await find(filter, 'at', limit + 1)
  const lines = inOrder(found, descending)
  const [last, next] = lines.slice(limit - 1)
  if (last === undefined || next === undefined || timeOf(last) !== timeOf(next)) return lines.slice(0, limit)
  const before = lines.filter(line => timeOf(line) !== timeOf(last))
  const together = await find({ $and: [filter, { at: last.at }] }, '_id', limit - before.length)
  return [...before, ...together]
}
