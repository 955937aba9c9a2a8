/** What the database keeps of requests, beside what their senders were told. */
import type { Db, Document } from 'mongodb'
import { linesOf } from './lines.ts'
import { type Answered, loadMark } from './load.ts'

/** @returns those of the answered requests that have not left exactly the events that they must. */
export async function withoutTheirEvents(db: Db, answered: readonly Answered[]): Promise<readonly Answered[]> {
  const counts = new Map<string, number>()
  for (const { request } of await linesOf(db)) counts.set(request, (counts.get(request) ?? 0) + 1)
  return answered.filter(({ request, events }) => counts.get(request) !== events)
}

const isWrite = ({ interaction, status }: Document): boolean =>
  interaction === 'update' || interaction === 'delete' || (interaction === 'create' && status === 201)

const without = (some: readonly string[], others: readonly string[]): readonly string[] => {
  const known = new Set(others)
  return some.filter(each => !known.has(each))
}

async function rowsOf(db: Db): Promise<readonly Document[]> {
  const projection = { id: 1, version: 1, type: 1 }
  const collections = ['record', 'record_history', 'directory', 'directory_history']
  return (await Promise.all(collections.map(name => db.collection(name).find({}, { projection }).toArray()))).flat()
}

/** What a unit writes in one transaction would be apart if it had been written in part. All lists are empty when none was. */
export interface HalfWritten {
  readonly rowsWithoutLine: readonly string[]
  readonly linesWithoutRow: readonly string[]
  /** Of the load, units write one resource or three. */
  readonly torn: readonly string[]
}

export const nothingHalf: HalfWritten = { rowsWithoutLine: [], linesWithoutRow: [], torn: [] }

/** @returns what stands alone in the database. */
export async function halfWritten(db: Db): Promise<HalfWritten> {
  const lines = (await linesOf(db)).filter(isWrite)
  const named = lines.flatMap(({ targets }) => targets.map((target: Document) => `${target.id}/${target.version}`))
  const rows = await rowsOf(db)
  const kept = rows.map(({ id, version }) => `${id}/${version}`)
  const sizes = new Map<string, number>()
  for (const { request } of lines) sizes.set(request, (sizes.get(request) ?? 0) + 1)
  return {
    rowsWithoutLine: without(kept, named),
    linesWithoutRow: without(named, kept),
    torn: [...sizes].flatMap(([request, size]) => (size === 2 && request.startsWith(loadMark) ? [request] : [])),
  }
}
