/** The store on MongoDB: what `store.ts` promises, put together from its parts. */
import { openMonths } from './audit-months.ts'
import { openAuditWriter } from './audit-writer.ts'
import { openCommit } from './commit.ts'
import { connect, type StoreOptions } from './connect.ts'
import { openDirectory } from './directory-reader.ts'
import { openFacts } from './facts-reader.ts'
import { openBlobs } from './mongo-blobs.ts'
import { onceMore } from './mongo-errors.ts'
import { openPast } from './past-reader.ts'
import { openReader } from './reader.ts'
import { openRegistry } from './registry.ts'
import type { Store } from './store.ts'
import { openTrail } from './trail.ts'
import { openVersions } from './version-reader.ts'
import { openVolumes } from './volumes.ts'

export interface MongoStore extends Store {
  /** Resolves when the database answers; rejects with `Unavailable` otherwise. */
  ping(): Promise<void>
  /** What the instances of this database agreed on under a name; the first to ask sets it. */
  agreed(name: string, proposal: string): Promise<string>
  /** Waits for the trail, then lets go of the database. */
  close(): Promise<void>
}

/** Milliseconds by which the next month of the trail is made ahead. */
const week = 7 * 24 * 3600 * 1000

/** Opens the store: connects, makes collections and indexes, and continues the trail. Throws with a message for the operator. */
export async function openStore(options: StoreOptions): Promise<MongoStore> {
  const deployment = await connect(options)
  const { client, db, commands, now } = deployment
  const months = openMonths(db)
  await months.ensure([now(), now() + week])
  const writer = await openAuditWriter(deployment, months)
  const blobs = openBlobs(deployment)
  return {
    ...openReader(deployment),
    ...openPast(deployment),
    ...openVersions(deployment),
    facts: openFacts(deployment),
    named: openDirectory(deployment),
    registered: openRegistry(deployment),
    commit: openCommit({ deployment, months, writer, zone: options.zone ?? 'Europe/Paris' }),
    audit: writer.write,
    putBlob: (patient, bytes) => blobs.put(patient, bytes),
    blob: (patient, sha256, range) => blobs.get(patient, sha256, range),
    trail: openTrail(deployment, months),
    volumes: openVolumes(deployment),
    ping: async () => {
      await onceMore(() => db.command({ ping: 1, maxTimeMS: 2000 }))
    },
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
