/** The parts in which a trail is read: a search that most lines do not match, or a number, is asked of some thousand lines at a time. `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import type { Db, Document } from 'mongodb'
import { type Months, monthOf } from './audit-months.ts'
import { onceMore } from './mongo-errors.ts'
import { readTimeLimit } from './run-read.ts'
import type { TrailRequest } from './store.ts'
import { ofRecords, seesEveryLine, since } from './trail-filter.ts'

/** The most lines that one command looks at, but for those of one millisecond: a slow machine ends with them within the time of a read. */
export const linesOfPart = 10_000

/** Some lines of a month. */
export interface TrailPart {
  /** The collection. */
  readonly month: string
  /** What is asked, kept to these lines. */
  readonly request: TrailRequest
  /** Whether it has as many lines as a part has. */
  readonly whole?: true
}

/** Whether lines are asked for by more than their time. */
const isNarrow = ({ ownAgent, agents, types, entities, told = [] }: TrailRequest): boolean =>
  ownAgent !== null || [agents, types, entities, told].some(({ length }) => length > 0)

/** Whether each line may have to be looked at: of those that an index counts, finds by id, or has in their order, it need not. */
export const isByPieces = (request: TrailRequest, counts: boolean): boolean =>
  request.id === undefined && (isNarrow(request) || (counts && !seesEveryLine(request)))

/** The months in which an answer can lie, in the order of the request. */
async function monthsOf(months: Months, { at, after, descending }: TrailRequest): Promise<readonly string[]> {
  const from = at.flatMap(bounds => (bounds.from === undefined ? [] : [monthOf(bounds.from)]))
  const before = at.flatMap(bounds => (bounds.before === undefined ? [] : [monthOf(bounds.before)]))
  const reached = after === undefined ? [] : [monthOf(Number(after.value))]
  const all = await months.list()
  const asked = all.filter(
    month =>
      [...from, ...(descending ? [] : reached)].every(first => month >= first) &&
      [...before, ...(descending ? reached : [])].every(last => month <= last),
  )
  return descending ? [...asked].reverse() : asked
}

type Bounds = TrailRequest['at'][number]

/** The lines that follow those of a place, in the order of the request. */
const beyond = ({ descending }: TrailRequest, place: number): Bounds =>
  descending ? { before: place } : { from: place }

/** The lines up to that place. */
const upTo = ({ descending }: TrailRequest, place: number): Bounds => (descending ? { from: place } : { before: place })

const keptTo = (request: TrailRequest, bounds: readonly Bounds[]): TrailRequest => ({
  ...request,
  at: [...request.at, ...bounds],
})

/** Where a page begins, its own millisecond with it. */
function begins(request: TrailRequest): readonly Bounds[] {
  if (request.after === undefined) return []
  const value = Number(request.after.value)
  return [beyond(request, request.descending ? value + 1 : value)]
}

/** When the line was recorded before which a whole part stands; undefined where there are fewer lines. It is read in the index alone. */
async function lineAfterPart(db: Db, { month, request }: TrailPart): Promise<number | undefined> {
  const filter: Document = { ...ofRecords(request), $and: [{}, ...since(request.at)] }
  const read = () =>
    db
      .collection(month)
      .find(filter, {
        ...{ hint: 'trail', maxTimeMS: readTimeLimit, readConcern: { level: 'majority' } },
        ...{ projection: { _id: 0, at: 1 }, sort: { at: request.descending ? -1 : 1 }, skip: linesOfPart, limit: 1 },
      })
      .toArray()
  const [line] = await onceMore(read)
  return line?.at instanceof Date ? line.at.getTime() : undefined
}

async function* piecesOf(db: Db, month: string, request: TrailRequest): AsyncGenerator<TrailPart> {
  for (let rest = begins(request), reached: number | undefined; ; ) {
    const at = await lineAfterPart(db, { month, request: keptTo(request, rest) })
    if (at === undefined) {
      yield { month, request: keptTo(request, rest) }
      return
    }
    // The line stands behind the part, with all of its millisecond: unless they are a part by themselves.
    const edge = request.descending ? at + 1 : at
    const place = edge !== reached ? edge : request.descending ? at : at + 1
    yield { month, request: keptTo(request, [...rest, upTo(request, place)]), whole: true }
    rest = [beyond(request, place)]
    reached = place
  }
}

/** @returns the parts in which an answer can lie, in the order of the request; each line is in one of them. */
export async function* partsOf(
  { db, months }: { readonly db: Db; readonly months: Months },
  request: TrailRequest,
  counts: boolean,
): AsyncGenerator<TrailPart> {
  const pieces = isByPieces(request, counts)
  for (const month of await onceMore(() => monthsOf(months, request)))
    if (pieces) yield* piecesOf(db, month, request)
    else yield { month, request }
}
