/** Two servers as processes of their own on one database, under no rule of access. `docs/architecture.md`, several servers. */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { testDatabase } from '../support/mongod.ts'
import { restOf } from './rest.ts'

// A busy machine is no failure, and they are started before anything of a test.
t.setTimeout(240_000)

const database = await testDatabase(t)
const deployment = await deploymentOn(t, database)
const environment = { ...deployment.environment, ACCESS_REGIME: 'none', MAX_EVENT_LOOP_DELAY_MILLIS: '0' }

export const one = restOf(await startProcess(t, { ...deployment, environment }))
export const other = restOf(await startProcess(t, { ...deployment, environment }))
export const either = (n: number) => (n % 2 === 0 ? one : other)

const client = await MongoClient.connect(database.url)
t.teardown(() => client.close())

/** Their database. */
export const db = client.db(database.name)
