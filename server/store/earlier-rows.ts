/** Rows that an earlier version of this server stored without what they are found, or hidden, by: looked through once, before a server answers. `docs/decisions/0030-consents-about-parts.md` */
import type { Binary, Db } from 'mongodb'
import { labels } from './earlier-labels.ts'
import { references } from './earlier-references.ts'
import { type Earlier, type Place, rowsOf, type Walk } from './earlier-walk.ts'
import { onceMore } from './mongo-errors.ts'

/** How far it is. */
export interface LookedThrough {
  /** The name of what is looked for. */
  readonly sought: string
  readonly collection: string
  /** Rows since this server began. */
  readonly looked: number
  /** Whether the collection is done. */
  readonly done: boolean
}

/** Rows that are looked at together, unless they are large: a resource may have megabytes. */
const atOnce = 200
const mostBytes = 8 * 1024 * 1024
/** Rows after which it is told again. */
const toldEvery = 100 * atOnce

/** Everything that is looked for, by the name under which it is noted how far it is. */
const lookedFor = { refers: references, labels } as const

/** How far this or another server came: what stands up to there is as this version stores it. */
interface Mark {
  readonly _id: string
  readonly after?: Readonly<Record<string, string>>
  readonly done?: true
}

const marks = (db: Db) => db.collection<Mark>('sweep')

interface Walking {
  readonly walk: Walk
  readonly mark: Pick<Mark, '_id' | 'after'>
  readonly told: (looked: LookedThrough) => void
}

/** @returns the rows after `after`, fewer than may be looked at together only where they are large, or the last. */
async function next({ db }: Place, { collection, projection }: Walk, after: string): Promise<readonly Earlier[]> {
  const options = { projection, sort: { _id: 1 }, limit: atOnce, hint: '_id_' } as const
  const rows: Earlier[] = []
  let bytes = 0
  for await (const row of rowsOf(db, collection).find({ _id: { $gt: after } }, options)) {
    rows.push(row)
    bytes += (row.json as Binary | undefined)?.length() ?? 0
    if (bytes > mostBytes) break
  }
  return rows
}

async function lookThrough(at: Place, { walk, mark, told }: Walking): Promise<void> {
  const { collection } = walk
  const { _id, after: from = {} } = mark
  let after = from[collection] ?? ''
  for (let looked = 0, untold = 0; ; ) {
    const rows = await onceMore(() => next(at, walk, after))
    const last = rows.at(-1)
    if (last === undefined) {
      if (looked > 0) told({ sought: _id, collection, looked, done: true })
      return
    }
    const changes = await walk.changes(at, rows)
    if (changes.length > 0) await onceMore(() => rowsOf(at.db, collection).bulkWrite([...changes], { ordered: false }))
    after = last._id
    // Of two servers the one that came further counts: both began where everything before was done.
    const $max = { [`after.${collection}`]: last._id }
    await onceMore(() => marks(at.db).updateOne({ _id }, { $max }, { upsert: true }))
    looked += rows.length
    untold += rows.length
    if (untold < toldEvery) continue
    told({ sought: _id, collection, looked, done: false })
    untold = 0
  }
}

/**
 * Gives rows that were stored by an earlier version what denials and masks ask of them. Goes on where a server that was
 * killed ended; may be done by several servers at once. Where it was done before it asks for that, and nothing else.
 * Rejects with `Unavailable` when the database does not answer.
 */
export async function bringForward(at: Place, told: (looked: LookedThrough) => void): Promise<void> {
  const all = Object.entries(lookedFor)
  const ids = all.map(([_id]) => _id)
  const known = await onceMore(() =>
    marks(at.db)
      .find({ _id: { $in: ids } })
      .toArray(),
  )
  for (const [_id, walks] of all) {
    const mark = known.find(each => each._id === _id) ?? { _id }
    if (mark.done === true) continue
    for (const walk of walks) await lookThrough(at, { walk, mark, told })
    await onceMore(() => marks(at.db).updateOne({ _id }, { $set: { done: true } }, { upsert: true }))
  }
}
