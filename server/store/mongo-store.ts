/** The store on MongoDB: what `store.ts` promises, put together from its parts. */
import { openAnnounced } from './announced.ts'
import { type Months, openMonths } from './audit-months.ts'
import { openAuditWriter } from './audit-writer.ts'
import { openCommit } from './commit.ts'
import { connect, type StoreOptions } from './connect.ts'
import type { Deployment } from './deployment.ts'
import { type Destruction, openDestruction } from './destruction.ts'
import { openDirectory } from './directory-reader.ts'
import { openFacts } from './facts-reader.ts'
import { openFormers } from './former-rows.ts'
import { type HiddenRows, openHiddenRows } from './hidden-rows.ts'
import { type JobTurns, openJobTurns } from './job-turns.ts'
import { type LeftBytes, openLeftBytes } from './left-bytes.ts'
import type { Announced } from './life-request.ts'
import { type MergeTasks, openMerging } from './merging.ts'
import { openBlobs } from './mongo-blobs.ts'
import { onceMore } from './mongo-errors.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { openPast } from './past-reader.ts'
import { openReader } from './reader.ts'
import { openRegistry } from './registry.ts'
import { openReindexing } from './reindexing.ts'
import type { Reindexing } from './reindexing-request.ts'
import { openRelated, type RelatedRows } from './related-rows.ts'
import type { Store } from './store.ts'
import { openStored } from './stored-reader.ts'
import { openTelling } from './telling.ts'
import { openTrail } from './trail.ts'
import { openVersions } from './version-reader.ts'
import { openVolumes } from './volumes.ts'

export interface MongoStore extends Store, RelatedRows {
  /** Resolves when the database answers; rejects with `Unavailable` otherwise. */
  ping(): Promise<void>
  /** What the instances of this database agreed on under a name; the first to ask sets it. */
  agreed(name: string, proposal: string): Promise<string>
  /** Indexes rows anew by search parameters that were defined later. */
  readonly reindexing: Reindexing
  readonly jobs: JobTurns
  readonly outbox: Outbox
  /** Documents that are hidden from their patients, by when they are shown. */
  readonly hidden: HiddenRows
  readonly destruction: Destruction
  readonly merging: MergeTasks
  readonly leftBytes: LeftBytes
  /** Announced openings that are due at an instant, the earliest first, at most so many. */
  announced(now: number, limit: number): Promise<readonly Announced[]>
  /** Waits for the trail, then lets go of the database. */
  close(): Promise<void>
}

/** Milliseconds by which the next month of the trail is made ahead. */
const week = 7 * 24 * 3600 * 1000

/** For what works beside the requests. */
const openBeside = (
  deployment: Deployment,
  months: Months,
): Pick<
  MongoStore,
  'jobs' | 'outbox' | 'hidden' | 'reindexing' | 'volumes' | 'destruction' | 'merging' | 'leftBytes' | 'announced'
> => ({
  destruction: openDestruction(deployment, months),
  merging: openMerging(deployment),
  leftBytes: openLeftBytes(deployment),
  announced: openAnnounced(deployment),
  volumes: openVolumes(deployment),
  reindexing: openReindexing(deployment),
  jobs: openJobTurns(deployment.db),
  outbox: openOutbox(deployment),
  hidden: openHiddenRows(deployment),
})

/** What is read of rows, and of what rules make of them. */
const openReads = (deployment: Deployment) => ({
  ...openReader(deployment),
  stored: openStored(deployment),
  ...openPast(deployment),
  ...openVersions(deployment),
  ...openFormers(deployment),
  facts: openFacts(deployment),
  ...openRelated(deployment),
  named: openDirectory(deployment),
  registered: openRegistry(deployment),
})

/** Opens the store: connects, makes collections and indexes, and continues the trail. Throws with a message for the operator. */
export async function openStore(options: StoreOptions): Promise<MongoStore> {
  const deployment = await connect(options)
  const { client, db, commands, now } = deployment
  const months = openMonths(db)
  await months.ensure([now(), now() + week])
  const writer = await openAuditWriter(deployment, months)
  const blobs = openBlobs(deployment)
  return {
    ...openReads(deployment),
    commit: openCommit({ deployment, months, writer, zone: options.zone ?? 'Europe/Paris' }),
    audit: openTelling(deployment, writer),
    putBlob: (patient, bytes, keeper) => blobs.put(patient, bytes, keeper),
    takeBackBlobs: (keeper, names) => blobs.takeBack(keeper, names),
    blob: (patient, sha256, range) => blobs.get(patient, sha256, range),
    trail: openTrail(deployment, months),
    ...openBeside(deployment, months),
    ping: () => onceMore(() => db.command({ ping: 1, maxTimeMS: 2000 })).then(() => undefined),
    async agreed(name, proposal) {
      const agreement = db.collection<{ _id: string; value: string }>('agreement')
      const update = { $setOnInsert: { value: proposal } }
      const options = { upsert: true, returnDocument: 'after' } as const
      const row = await onceMore(() => agreement.findOneAndUpdate({ _id: name }, update, options))
      return row?.value ?? proposal
    },
    async close() {
      try {
        await writer.close()
      } finally {
        commands.close()
        await client.close()
      }
    },
  }
}
