/** Current rows with all that they hold, as writes need them; those that several requests ask for are one query, each within its own restriction. */
import type { Document } from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { inGroups } from './groups.ts'
import { valuesOf } from './query-weight.ts'
import { collectionOf, storedCommand } from './read-commands.ts'
import { isClosed } from './reader.ts'
import type { Within } from './restriction-filter.ts'
import { toStored } from './row-document.ts'
import { runFind } from './run-read.ts'
import type { Collection, Store } from './store.ts'

/** A row that is asked for, and within what. */
interface Asked extends Within {
  readonly _id: string
}

/** A value of a list takes some 70 bytes, twice where all of a row's are asked: so many in a group stay far below 16 MB. */
const valuesInGroup = 50_000

/** Rows may be large, and each brings the filter of its restriction, which may name thousands of rows. */
const limits = {
  group: valuesInGroup,
  weigh: ({ restriction }: Asked): number => Math.max(valuesInGroup / 32, valuesOf(restriction)),
  queue: 20_000,
}

const commandOf = (asked: Asked): Document => storedCommand(asked, asked._id)

/** The patients that a filter of a record names; their rows may bear the key of a record that was merged into theirs. */
const patientsIn = ({ patient }: Document): readonly string[] =>
  typeof patient === 'string' ? [patient] : (patient?.$in ?? [])

/** One command for rows of different `_id`s: what finds a row is the filter of who asks for it, because that names its `_id`. */
function together(collection: Collection, group: readonly Asked[]): Document {
  const ids = group.map(({ _id }) => _id)
  const $or: readonly Document[] = group.map(asked => commandOf(asked).filter)
  const aim = collection === 'record' ? { patient: { $in: [...new Set($or.flatMap(patientsIn))] } } : {}
  const count = { limit: ids.length, batchSize: ids.length }
  return { find: collection, filter: { _id: { $in: ids }, ...aim, $or }, ...count, hint: '_id_' }
}

/** What each of a group found. */
type FoundBy = ReadonlyMap<Asked, WalkedDocument>

async function readTogether(deployment: Deployment, collection: Collection, group: readonly Asked[]): Promise<FoundBy> {
  const [only] = group
  if (only === undefined) return new Map()
  const rows = await runFind(deployment, group.length === 1 ? commandOf(only) : together(collection, group))
  const asked = new Map(group.map(each => [each._id, each]))
  return new Map(
    rows.flatMap(row => {
      const by = asked.get(String(row._id))
      return by === undefined ? [] : [[by, row] as const]
    }),
  )
}

/** Those of one collection and of different `_id`s in one command; who asks for a row of another's asks by himself. */
async function readGroup(deployment: Deployment, group: readonly Asked[]): Promise<FoundBy> {
  const firsts = new Map(group.map(asked => [`${collectionOf(asked.restriction)} ${asked._id}`, asked]))
  const shared = [...firsts.values()]
  const inCollection = (collection: Collection): readonly Asked[] =>
    shared.filter(({ restriction }) => collectionOf(restriction) === collection)
  const others = group.filter(asked => !shared.includes(asked))
  const found = await Promise.all([
    readTogether(deployment, 'record', inCollection('record')),
    readTogether(deployment, 'directory', inCollection('directory')),
    ...others.map(asked => readTogether(deployment, collectionOf(asked.restriction), [asked])),
  ])
  return new Map(found.flatMap(each => [...each]))
}

/** @returns `Store.stored`. In a sharded cluster rows of different patients may live apart: there each is asked for by itself. */
export function openStored(deployment: Deployment): Store['stored'] {
  const alone = (asked: Asked): Promise<FoundBy> => readTogether(deployment, collectionOf(asked.restriction), [asked])
  const read = deployment.sharded ? alone : inGroups((group: readonly Asked[]) => readGroup(deployment, group), limits)
  return async (restriction, type, _id) => {
    if (isClosed(restriction)) return undefined
    const asked = { restriction, type, _id }
    const row = (await read(asked)).get(asked)
    return row && toStored(row)
  }
}
