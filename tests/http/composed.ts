/** A server without rules of access in which a test may stand between the parts: real HTTP, real MongoDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../server/app.ts'
import { compose } from '../../server/compose.ts'
import { readConfig } from '../../server/config.ts'
import type { Parts } from '../../server/http/parts.ts'
import { freePort } from '../../server/launch/loopback-port.ts'
import { readSecrets } from '../../server/secrets.ts'
import { type MongoStore, openStore } from '../../server/store/mongo-store.ts'
import { testDatabase } from '../support/mongod.ts'
import { type Rest, restOf } from './rest.ts'

interface Test {
  teardown(stop: () => Promise<void>): void
}

export interface Between {
  readonly now?: () => number
  readonly store?: (store: MongoStore) => MongoStore
  readonly parts?: (parts: Omit<Parts, 'ready'>) => Omit<Parts, 'ready'>
}

const asItIs = <Value>(value: Value): Value => value

/** Starts a server, which stops with the test. */
export async function startComposed(test: Test, between: Between): Promise<Omit<Rest, 'server'>> {
  const { now = Date.now, store: aroundStore = asItIs, parts: aroundParts = asItIs } = between
  const { url, name } = await testDatabase(test)
  const dir = await mkdtemp(join(tmpdir(), 'dmp-composed-'))
  const config = readConfig({
    ...{ HOST: '127.0.0.1', PORT: String(await freePort(undefined)), DATA_DIR: dir, LOG_LEVEL: 'silent' },
    ...{ SECRETS_FILE: join(dir, 'secrets.json'), MONGODB_URL: url, MONGODB_DATABASE: name, ACCESS_REGIME: 'none' },
    MAX_EVENT_LOOP_DELAY_MILLIS: '0',
  })
  const secrets = await readSecrets(join(dir, 'secrets.json'), true)
  if (!config.ok || !secrets.ok) throw new Error(JSON.stringify([config, secrets]))
  const composed = await compose({
    ...{ config: config.value, secrets: secrets.value, now },
    openStore: async () => aroundStore(await openStore({ url, database: name, now })),
  })
  if (!composed.ok) throw new Error(JSON.stringify(composed.failure))
  const { parts, store } = composed.value
  const app = buildApp({ ...aroundParts(parts), ready: async () => true })
  test.teardown(async () => {
    await app.close()
    await store.close()
    await rm(dir, { recursive: true, force: true })
  })
  await app.listen({ host: config.value.HOST, port: config.value.PORT })
  return restOf({ base: config.value.BASE_URL })
}
