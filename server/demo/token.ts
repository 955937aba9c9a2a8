/** `npm run token -- <identity> [--scope "…"] [--lifetime seconds]`, and `--list`. Prints the token and nothing else. */
import { parseArgs } from 'node:util'
import { settings } from '../settings.ts'
import { demoSettings } from './demo-settings.ts'
import { identities, identityNamed } from './identities.ts'
import { readDemoRecords } from './records.ts'
import { signDemoToken } from './sign-demo-token.ts'

const usage = `npm run token -- <identity> [--scope "user/*.rs"] [--lifetime 3600]
npm run --silent token -- --list`

/** `patient` is the id of the one record that a patient or representative opens, once the server has loaded it. */
function listed(dataDir: string): string {
  const records = readDemoRecords(dataDir) ?? {}
  const rows = identities.map(({ name, kind, profession, patient, shows }) => ({
    name,
    kind,
    profession,
    patient: patient === null ? null : (records[patient] ?? null),
    shows,
  }))
  return JSON.stringify(rows, null, 2)
}

/** @returns what the command prints. @throws an Error whose message tells a human what to do. */
export async function tokenCommand(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { list: { type: 'boolean' }, scope: { type: 'string' }, lifetime: { type: 'string' } },
  })
  if (values.list) return listed(environment.DATA_DIR || settings.DATA_DIR.fallback)
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) throw new Error(usage)
  const identity = identityNamed(name)
  if (identity === undefined) {
    throw new Error(`No identity is called ${name}. There are: ${identities.map(each => each.name).join(', ')}`)
  }
  const lifetime = values.lifetime === undefined ? undefined : Number(values.lifetime)
  if (lifetime !== undefined && !(Number.isInteger(lifetime) && lifetime > 0)) {
    throw new Error(`--lifetime is a number of seconds, not ${values.lifetime}`)
  }
  const { key, audience, dataDir } = demoSettings(environment)
  return signDemoToken({
    identity,
    key,
    audience,
    records: readDemoRecords(dataDir) ?? {},
    now: Date.now(),
    ...(values.scope !== undefined && { scope: values.scope }),
    ...(lifetime !== undefined && { lifetime }),
  })
}

if (process.argv[1]?.match(/demo[\\/]token\.[jt]s$/)) {
  try {
    process.stdout.write(`${await tokenCommand(process.argv.slice(2), process.env)}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
