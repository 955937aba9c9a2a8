/** Every collection and its indexes, made at start. `docs/architecture.md` says which search each index serves. */
import { type CreateCollectionOptions, type Db, type Document, MongoServerError } from 'mongodb'
import type { CrossPatientSearch } from './deployment.ts'
import { acrossNames, alwaysAcross } from './read-commands.ts'

/** One index. Searches name it, so its name and its keys are checked at start. */
interface Index {
  readonly name: string
  readonly key: Readonly<Record<string, 1 | -1>>
  readonly partialFilterExpression?: Document
  readonly expireAfterSeconds?: number
}

export interface CollectionPlan {
  readonly name: string
  readonly indexes: readonly Index[]
  /** Of WiredTiger: large pages compress rows that are written once and rarely read four times better. */
  readonly storage: 'small pages' | 'large pages' | 'no compression'
}

const storages: Readonly<Record<CollectionPlan['storage'], string>> = {
  'small pages': 'block_compressor=zstd',
  'large pages': 'block_compressor=zstd,leaf_page_max=128KB',
  'no compression': 'block_compressor=none',
}

/** By the ids that clients see: they chose some of them. */
const byId: Index = { name: 'id', key: { type: 1, id: 1, _id: 1 } }
const few = { partialFilterExpression: { type: { $in: [...alwaysAcross] } } }

const updated: Index = { name: 'updated', key: { updated: 1, _id: 1 } }

/** By the bytes of attachments that rows hold: few do. */
const bytes: Index = {
  name: 'bytes',
  key: { patient: 1, 'blobs.sha256': 1 },
  partialFilterExpression: { blobs: { $exists: true } },
}

/** By the documents that rows came with. In the history what came with a document and was deleted is found by it. */
const follows: Index = {
  name: 'follows',
  key: { patient: 1, follows: 1 },
  partialFilterExpression: { follows: { $exists: true } },
}

/** A month of the trail; its name is the month. */
export const auditCollection: Omit<CollectionPlan, 'name'> = {
  indexes: [{ name: 'trail', key: { patient: 1, at: -1 } }],
  storage: 'large pages',
}

function recordIndexes(setting: CrossPatientSearch): readonly Index[] {
  const names = acrossNames(setting)
  const limited = setting === 'all' ? {} : few
  return [
    {
      name: 'compartment',
      key: { patient: 1, type: 1, date: -1, tie: 1, documentType: 1, mask: 1, status: 1, hiddenUntil: 1 },
    },
    updated,
    { name: names.token, key: { 'search.token': 1 }, ...limited },
    { name: names.type, key: { type: 1, date: -1, tie: 1 }, ...limited },
    { ...byId, ...few },
    { name: 'hidden', key: { hiddenUntil: 1, _id: 1 }, partialFilterExpression: { hiddenUntil: { $type: 'date' } } },
    { name: 'refers', key: { patient: 1, refers: 1 }, partialFilterExpression: { refers: { $exists: true } } },
    follows,
    bytes,
  ]
}

/** What ended since an instant: pages ask how rows stood when their first page was read. */
const ended = { partialFilterExpression: { ended: { $exists: true } } }
const endedAnywhere = { key: { ended: 1 }, ...ended } as const
const endedOfFew = { partialFilterExpression: { ...ended.partialFilterExpression, ...few.partialFilterExpression } }

/** Where histories run over all records, their orders have indexes: two entries more for each update and delete. */
const historyIndexes = (across: boolean): readonly Index[] => [
  { name: 'history', key: { patient: 1, updated: -1 } },
  { name: 'ended', key: { patient: 1, ended: 1 }, ...ended },
  { name: 'lost', key: { patient: 1, lost: 1, ended: 1 }, partialFilterExpression: { lost: { $exists: true } } },
  { name: 'ended-few', key: { ended: 1 }, ...endedOfFew },
  follows,
  { name: 'deleted', key: { patient: 1, row: 1 }, partialFilterExpression: { deleted: { $exists: true } } },
  bytes,
  ...(across ? [updated, { name: 'ended-all', ...endedAnywhere }] : []),
]

const isAsked: Index = {
  name: 'destroy',
  key: { 'life.destroy': 1 },
  partialFilterExpression: { 'life.destroy': { $exists: true } },
}

/** What is told, and what works beside the requests. */
const beside: readonly CollectionPlan[] = [
  {
    name: 'outbox',
    indexes: [
      { name: 'due', key: { due: 1 }, partialFilterExpression: { due: { $exists: true } } },
      { name: 'turn', key: { patient: 1, order: 1 }, partialFilterExpression: { due: { $exists: true } } },
      { name: 'expires', key: { expires: 1 }, expireAfterSeconds: 0 },
    ],
    storage: 'small pages',
  },
  { name: 'outbox_turn', indexes: [], storage: 'small pages' },
  { name: 'destruction', indexes: [], storage: 'small pages' },
  { name: 'merge', indexes: [], storage: 'small pages' },
  { name: 'target_mask', indexes: [], storage: 'small pages' },
  { name: 'job', indexes: [], storage: 'small pages' },
  { name: 'reindex', indexes: [], storage: 'small pages' },
  { name: 'sweep', indexes: [], storage: 'small pages' },
]

/** Every collection but the months of the trail. */
export const collections = (setting: CrossPatientSearch, historyAcross = false): readonly CollectionPlan[] => [
  { name: 'record', indexes: recordIndexes(setting), storage: 'small pages' },
  { name: 'record_history', indexes: historyIndexes(historyAcross), storage: 'large pages' },
  {
    name: 'directory',
    indexes: [
      { name: 'token', key: { type: 1, 'search.token': 1 } },
      { name: 'type', key: { type: 1, date: -1, tie: 1 } },
      byId,
      updated,
      bytes,
    ],
    storage: 'small pages',
  },
  { name: 'directory_history', indexes: [updated, { name: 'ended', ...endedAnywhere }, bytes], storage: 'large pages' },
  { name: 'access', indexes: [isAsked], storage: 'small pages' },
  { name: 'opening', indexes: [{ name: 'due', key: { due: 1 } }], storage: 'small pages' },
  { name: 'identifier', indexes: [], storage: 'small pages' },
  { name: 'blob', indexes: [{ name: 'kept', key: { at: 1, _id: 1 } }], storage: 'no compression' },
  { name: 'audit_chain', indexes: [], storage: 'small pages' },
  { name: 'agreement', indexes: [], storage: 'small pages' },
  ...beside,
]

const namespaceExists = 48
const indexesDiffer = new Set<unknown>([85, 86])

async function create(db: Db, { name, storage }: CollectionPlan): Promise<void> {
  const options: CreateCollectionOptions = { storageEngine: { wiredTiger: { configString: storages[storage] } } }
  try {
    await db.createCollection(name, options)
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== namespaceExists) throw error
  }
}

/** Makes the collection and its indexes where they are missing. Throws when an index of one of these names has other keys. */
export async function ensureCollection(db: Db, plan: CollectionPlan): Promise<void> {
  await create(db, plan)
  if (plan.indexes.length === 0) return
  try {
    await db.collection(plan.name).createIndexes(plan.indexes.map(index => ({ ...index, key: { ...index.key } })))
  } catch (error) {
    if (!(error instanceof MongoServerError) || !indexesDiffer.has(error.code)) throw error
    const names = plan.indexes.map(({ name }) => name).join(', ')
    throw new Error(
      `the collection ${plan.name} has an index that differs from what this version needs (${names}): ` +
        `drop it and start again; ${error.message}`,
    )
  }
}
