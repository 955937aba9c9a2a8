/**
 * The product as it is built, with a trail that forgets: what the trail costs is the difference. The product has no such
 * setting, and this file is no part of it. Plain JavaScript, so that the very code of `dist/` runs.
 */
import { buildApp } from '../dist/server/app.js'
import { compose } from '../dist/server/compose.js'
import { readConfig } from '../dist/server/config.js'
import { readSecrets } from '../dist/server/secrets.js'
import { openStore } from '../dist/server/store/mongo-store.js'

const said = result => {
  if (result.ok) return result.value
  throw new Error(JSON.stringify(result.failure))
}

const config = said(readConfig(process.env))
const secrets = said(await readSecrets(config.SECRETS_FILE, config.DEMO))
const store = await openStore({
  url: config.MONGODB_URL,
  database: config.MONGODB_DATABASE,
  crossPatientSearch: config.CROSS_PATIENT_SEARCH,
  zone: config.ZONE,
})
const forgetful = {
  ...store,
  audit: () => Promise.resolve(),
  commit: unit => store.commit({ ...unit, audit: [] }),
}
const { parts } = said(await compose({ config, secrets, openStore: async () => forgetful, now: Date.now }))
const app = buildApp({ ...parts, ready: () => Promise.resolve(true) })
await app.listen({ host: config.HOST, port: config.PORT })

process.on('SIGTERM', async () => {
  await app.close()
  await store.close()
  process.exit(0)
})
