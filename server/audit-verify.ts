/** `npm run audit:verify`: checks the chains of the trail and names the first broken link. Exit code 1 when there is one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startMongod } from './launch/embedded-mongod.ts'
import { FolderInUse } from './launch/folder-lock.ts'
import { openPlace, recall } from './launch/mongod-place.ts'
import { setUrl } from './launch/set-url.ts'
import { settings } from './settings.ts'
import { type Verdict, verifyAudit } from './store/verify-audit.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Database {
  readonly url: string
  readonly stop: () => Promise<void>
}

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`)
}

/** The database of a running server is verified as it runs; otherwise it is started for the time of the check. */
async function embedded(dataDir: string): Promise<Database> {
  if (!existsSync(join(dataDir, 'mongodb')))
    throw new Error(`DATA_DIR: expected a folder that holds a database, found none in ${dataDir}`)
  try {
    return await startMongod({ dataDir, onProgress: say })
  } catch (error) {
    const { port } = error instanceof FolderInUse ? await recall(await openPlace(dataDir)) : {}
    if (port === undefined) throw error
    return { url: setUrl(port), stop: () => Promise.resolve() }
  }
}

const open = ({ MONGODB_URL, DATA_DIR }: Environment): Promise<Database> =>
  MONGODB_URL
    ? Promise.resolve({ url: MONGODB_URL, stop: () => Promise.resolve() })
    : embedded(DATA_DIR || settings.DATA_DIR.fallback)

/** @returns the verdict in lines. */
export function report({ lines, waiting, heads, broken }: Verdict): string {
  if (broken !== undefined) return `BROKEN: ${broken}`
  const ends = heads.map(({ chain, seq, hash }) => `chain ${chain} ends at line ${seq}, ${hash}`)
  const waits =
    waiting === 0 ? [] : [`${waiting} lines of writes wait to be linked by a running server or the next start`]
  return [`OK: ${lines} lines in ${heads.length} chains`, ...waits, ...ends].join('\n')
}

/** @returns the exit code: 0 when every link holds, 1 when one is broken. */
export async function auditVerify(environment: Environment): Promise<number> {
  const { url, stop } = await open(environment)
  try {
    const verdict = await verifyAudit(url, environment.MONGODB_DATABASE || settings.MONGODB_DATABASE.fallback)
    process.stdout.write(`${report(verdict)}\n`)
    return verdict.broken === undefined ? 0 : 1
  } finally {
    await stop()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await auditVerify(process.env)
