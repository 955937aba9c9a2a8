/** Starts everything in order: settings, secrets, database, application, demonstration; and stops it in the other order. */
import { join } from 'node:path'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { App } from './app.ts'
import { type ClosingOrder, closingOrder } from './closing-order.ts'
import type { Composed } from './compose.ts'
import { type Config, readConfig } from './config.ts'
import { jobs } from './jobs/jobs.ts'
import type { JobsToRun } from './jobs/run-jobs.ts'
import { startMongod } from './launch/embedded-mongod.ts'
import { freePort } from './launch/loopback-port.ts'
import { loadDemoRecords } from './load-demo.ts'
import { createLog, describeError } from './log.ts'
import { newUlid } from './new-ids.ts'
import { resolvePath } from './root.ts'
import { watch } from './search-parameters/watch.ts'
import { checkFingerprint, readSecrets, type Secrets } from './secrets.ts'
import type { MongoStore } from './store/mongo-store.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A server that answers. */
export interface Running {
  readonly config: Config
  readonly app: App
  /** FHIR base, without a final slash. */
  readonly base: string
  /** Swagger UI. */
  readonly documentation: string
}

/** A server that starts. */
export interface Starting {
  /** Fails with everything that an operator must correct; rejects when something else prevents the start. */
  readonly running: Promise<Result<Running>>
  /** Stops what runs so far: finishes running requests and the trail, then closes the database. */
  readonly stop: () => Promise<void>
}

/** Tells a person what happens, one sentence at a time. */
export type Say = (sentence: string) => void

/** A port must be known before the first link is written, so 0 becomes one that is free now. */
async function withPort(environment: Environment): Promise<Result<Environment>> {
  const { PORT: asked } = environment
  if (asked === '0') return ok({ ...environment, PORT: String(await freePort(undefined)) })
  const config = readConfig(environment)
  if (!config.ok) return config
  const port = await freePort(config.value.PORT)
  return port === config.value.PORT
    ? ok(environment)
    : fail(
        'badParameter',
        `PORT: ${config.value.PORT} is taken by another program; set PORT to a free one, or to 0 for any`,
      )
}

async function databaseUrl(config: Config, environment: Environment, { say, order }: Progress): Promise<string> {
  if (config.MONGODB_URL !== undefined) return config.MONGODB_URL
  const mongod = await startMongod({ dataDir: resolvePath(config.DATA_DIR), onProgress: say, environment })
  await order.opened(mongod.stop)
  return mongod.url
}

async function openDatabase(config: Config, url: string, { order }: Progress): Promise<MongoStore> {
  const { openStore } = await import('./store/mongo-store.ts')
  const log = createLog(config.LOG_LEVEL)
  const store = await openStore({
    url,
    database: config.MONGODB_DATABASE,
    crossPatientSearch: config.CROSS_PATIENT_SEARCH,
    historyAcross: config.ACCESS_REGIME !== 'dmp',
    zone: config.ZONE,
    onEarlierRows: looked => log.info(looked, 'rows that an earlier version stored are looked through'),
  })
  await order.opened(() => store.close())
  return store
}

interface Progress {
  readonly say: Say
  readonly order: ClosingOrder
  readonly looking: Pick<JobsToRun, 'everyMillis'>
}

/** Closes the application: a connection that does not end by itself is cut when the grace is over. */
async function closeApp(app: App, graceSeconds: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceSeconds * 1000)
  await app.close()
  clearTimeout(cut)
}

/** Connections that the system keeps until they are accepted; it may set a lower bound itself. Beyond it clients wait for seconds. */
const backlog = 4096

const answers = (store: MongoStore): Promise<boolean> =>
  store.ping().then(
    () => true,
    () => false, // whatever it is, this server cannot serve now
  )

/** Most of a start is waiting for mongod: code is loaded, and definitions are read and compiled, meanwhile. */
async function openMeanwhile(
  { config, secrets }: { readonly config: Config; readonly secrets: Secrets },
  environment: Environment,
  progress: Progress,
): Promise<Result<Composed>> {
  const url = databaseUrl(config, environment, progress)
  const loading = Promise.all([import('./compose.ts'), import('./app.ts')])
  const composing = loading.then(([{ compose }]) =>
    compose({ config, secrets, now: Date.now, openStore: async () => openDatabase(config, await url, progress) }),
  )
  await Promise.allSettled([url, composing]) // what was begun can be closed only when it is there
  const parts = await composing
  if (!parts.ok) return parts
  const { store } = parts.value
  const agreed = await checkFingerprint({ fingerprint: text => store.agreed('secrets', text) }, secrets)
  return agreed.ok ? ok(parts.value) : agreed
}

async function openApp({ store, parts }: Composed, secrets: Secrets, { say, order }: Progress): Promise<App> {
  const { buildApp } = await import('./app.ts')
  const { config } = parts
  const log = createLog(config.LOG_LEVEL)
  const app = buildApp({ ...parts, log, ready: () => answers(store) })
  await order.opened(() => closeApp(app, config.SHUTDOWN_GRACE_SECONDS))
  const { known } = parts.context
  const onError = (error: unknown): void =>
    log.warn({ error: describeError(error) }, 'search parameters are not indexed')
  const clock = () => performance.now()
  const { stop } = watch({ known, reindexing: store.reindexing, holder: newUlid(Date.now()), clock, onError })
  await order.opened(stop)
  await app.ready()
  if (secrets.demoKey !== undefined) {
    log.level = 'silent'
    await loadDemoRecords({ app, config, key: secrets.demoKey, say })
    log.level = config.LOG_LEVEL
  }
  await app.listen({ host: config.HOST, port: config.PORT, backlog })
  return app
}

/** What works beside the requests; it stops before the database is closed. */
async function startBeside({ store, parts }: Composed, { order, looking }: Progress): Promise<void> {
  const { startJobs } = await import('./jobs/run-jobs.ts')
  const log = createLog(parts.config.LOG_LEVEL)
  const running = startJobs({
    ...looking,
    jobs,
    context: { ...parts.context, store },
    onError: (error, job) => log.error({ error, job }, 'a job failed'),
  })
  await order.opened(running.stop)
  const { NOTIFICATIONS, ACCESS_REGIME, NOTIFICATION_TRIES: tries } = parts.config
  if (!NOTIFICATIONS || ACCESS_REGIME !== 'dmp') return
  const { startDeliveries } = await import('./notifications/run-deliveries.ts')
  const { channelsOf } = await import('./notifications/channels.ts')
  const delivering = startDeliveries({
    ...{ context: { ...parts.context, store }, tries, channels: channelsOf(parts.config, Date.now) },
    onError: (error, what) => log.error({ error }, what),
  })
  await order.opened(delivering.stop)
}

async function run(given: Environment, progress: Progress): Promise<Result<Running>> {
  const environment = await withPort(given)
  if (!environment.ok) return environment
  const config = readConfig(environment.value)
  if (!config.ok) return config
  const { SECRETS_FILE, DATA_DIR, DEMO, BASE_URL } = config.value
  const secrets = await readSecrets(resolvePath(SECRETS_FILE ?? join(DATA_DIR, 'secrets.json')), DEMO)
  if (!secrets.ok) return secrets
  const materials = { config: config.value, secrets: secrets.value }
  const opened = await openMeanwhile(materials, environment.value, progress)
  if (!opened.ok) return opened
  const app = await openApp(opened.value, secrets.value, progress)
  await startBeside(opened.value, progress)
  const documentation = BASE_URL.replace(/\/fhir$/, '/docs')
  return ok({ config: config.value, app, base: BASE_URL, documentation })
}

/**
 * Starts a server. A start that fails closes what it opened.
 * @param environment the settings. @param say is told what takes time. @param looking how often jobs that are due are looked for, where it is not the usual.
 */
export function startServer(environment: Environment, say: Say, looking: Progress['looking'] = {}): Starting {
  const order = closingOrder(error => say(`Could not be closed: ${JSON.stringify(describeError(error))}`))
  const running = run(environment, { say, order, looking }).then(
    async result => {
      if (!result.ok) await order.close()
      return result
    },
    async (error: unknown) => {
      await order.close()
      throw error
    },
  )
  return { running, stop: () => order.close() }
}
