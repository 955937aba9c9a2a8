/** What the command `token` needs of the server's settings: the signing key, the audience, the data folder. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../config.ts'
import { resolvePath } from '../root.ts'
import type { SigningKey } from '../secrets.ts'

export interface DemoSettings {
  readonly key: SigningKey
  readonly audience: string
  readonly dataDir: string
}

/** @throws an Error that says what to do when a setting is wrong, demonstration is off, or the server never started. */
export function demoSettings(environment: Readonly<Record<string, string | undefined>>): DemoSettings {
  const config = readConfig(environment)
  if (!config.ok) throw new Error(config.failure.complaints.map(({ diagnostics }) => diagnostics).join('\n'))
  const { DEMO, AUDIENCE, SECRETS_FILE } = config.value
  const dataDir = resolvePath(config.value.DATA_DIR)
  if (!DEMO) throw new Error('Demonstration identities are off here: DEMO=true allows them, with the embedded database')
  const file = SECRETS_FILE === undefined ? join(dataDir, 'secrets.json') : resolvePath(SECRETS_FILE)
  if (!existsSync(file)) throw new Error(`${file} does not exist yet: start the server once, with npm start`)
  const { demoKey } = JSON.parse(readFileSync(file, 'utf8')) as { readonly demoKey?: SigningKey }
  if (demoKey === undefined) throw new Error(`${file} holds no demonstration key: start the server with DEMO=true`)
  return { key: demoKey, audience: AUDIENCE, dataDir }
}
