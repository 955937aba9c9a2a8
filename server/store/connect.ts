/** Opens the database: refuses what cannot keep the promises of `store.ts`, makes what is missing. */
import { type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb'
import { type CollectionPlan, collections, ensureCollection } from './collections.ts'
import { openCommands } from './commands.ts'
import type { CrossPatientSearch, Deployment } from './deployment.ts'
import { bringForward, type LookedThrough } from './earlier-rows.ts'

export interface StoreOptions {
  /** A replica set or a sharded cluster. */
  readonly url: string
  readonly database: string
  /** Which types carry the index of searches across patients; all when absent. */
  readonly crossPatientSearch?: CrossPatientSearch
  /** Whether histories run over all records, which takes an index; not when absent. */
  readonly historyAcross?: boolean
  /** Time zone of days in consents; Europe/Paris when absent. */
  readonly zone?: string
  /** Milliseconds until a deployment that does not answer is given up; 15,000 when absent, longer than an election. */
  readonly patience?: number
  /** Milliseconds since 1970; the clock of the machine when absent. */
  readonly now?: () => number
  /** Is told each command with its name, for measurements and for the tests that look at its target. */
  readonly onCommand?: (name: string, command: Document) => void
  /** Is told how far it is where rows that an earlier version stored are looked through. */
  readonly onEarlierRows?: (looked: LookedThrough) => void
}

const settings = {
  appName: 'dmp',
  retryReads: true,
  retryWrites: true,
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 10_000 },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  waitQueueTimeoutMS: 2000,
  // A server that does not even answer its monitor for the sum of both is given up, and what waits for it is asked anew.
  connectTimeoutMS: 10_000,
  heartbeatFrequencyMS: 5000,
  maxPoolSize: 16, // 64 connections cost mongod up to twice as much
  minPoolSize: 2,
} as const satisfies MongoClientOptions

const oldest = 6

/** @returns whether it is a sharded cluster. */
async function refuseWhatCannotServe(db: Db): Promise<boolean> {
  const hello = await db.command({ hello: 1 })
  const sharded = hello.msg === 'isdbgrid'
  if (hello.setName === undefined && !sharded) {
    throw new Error(
      'expected a replica set or a sharded cluster, found a standalone MongoDB, which has no transactions: ' +
        'start mongod with --replSet and run rs.initiate() once',
    )
  }
  const { version } = await db.admin().command({ buildInfo: 1 })
  if (Number.parseInt(version, 10) < oldest) throw new Error(`expected MongoDB ${oldest}.0 or later, found ${version}`)
  return sharded
}

/** How many collections are made at once: no more than the driver opens connections at once. */
const makers = 2

async function makeAll(db: Db, plans: CollectionPlan[]): Promise<void> {
  for (let plan = plans.shift(); plan !== undefined; plan = plans.shift()) await ensureCollection(db, plan)
}

/** @returns the open deployment with every collection and index in place, and every row found by them. Throws with a message for the operator. */
export async function connect(options: StoreOptions): Promise<Deployment> {
  const { url, database, onCommand, crossPatientSearch = 'all', patience = 15_000, now = Date.now } = options
  const client = new MongoClient(url, {
    ...settings,
    serverSelectionTimeoutMS: patience,
    monitorCommands: onCommand !== undefined,
  })
  if (onCommand !== undefined) client.on('commandStarted', event => onCommand(event.commandName, event.command))
  const commands = openCommands({ client, database, onCommand })
  try {
    const db = client.db(database)
    const sharded = await refuseWhatCannotServe(db)
    const plans = [...collections(crossPatientSearch, options.historyAcross)]
    await Promise.all(Array.from({ length: makers }, () => makeAll(db, plans)))
    const { zone = 'Europe/Paris', onEarlierRows = () => undefined } = options
    await bringForward({ db, commands, zone, now }, onEarlierRows)
    return { client, db, commands, sharded, crossPatientSearch, now }
  } catch (error) {
    await client.close()
    throw error
  }
}
