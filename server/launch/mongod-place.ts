/** Where the embedded database keeps its files in the data folder, and what must be remembered between starts. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export interface MongodPlace {
  /** What mongod calls its `dbpath`. */
  readonly files: string
  readonly log: string
  readonly lock: string
  readonly memory: string
}

/** What the next start must know: a replica set remembers its port, and a killed server leaves its mongod behind. */
export interface Remembered {
  readonly port?: number
  readonly pid?: number
  readonly binary?: string
}

/** A log of this size is set aside at the next start, in the place of the one set aside before. */
const largestLog = 16 << 20

/** Makes the folders, readable by their owner alone. */
export async function openPlace(dataDir: string): Promise<MongodPlace> {
  const folder = resolve(dataDir)
  const files = join(folder, 'mongodb')
  await mkdir(files, { recursive: true, mode: 0o700 })
  return {
    files,
    log: join(folder, 'mongod.log'),
    lock: join(folder, 'server.lock'),
    memory: join(folder, 'mongod.json'),
  }
}

export async function recall(place: MongodPlace): Promise<Remembered> {
  try {
    return JSON.parse(await readFile(place.memory, 'utf8')) as Remembered
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return {}
    throw error
  }
}

export async function remember(place: MongodPlace, what: Remembered): Promise<void> {
  await writeFile(`${place.memory}.new`, `${JSON.stringify(what)}\n`, { mode: 0o600 })
  await rename(`${place.memory}.new`, place.memory)
}

/** mongod writes its process id into its own lock: known even when the server was killed before it could remember it. */
export async function pidInFiles(place: MongodPlace): Promise<number | undefined> {
  const text = await readFile(join(place.files, 'mongod.lock'), 'utf8').catch(orEmpty)
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : undefined
}

/** Whether a database was ever made there. */
export const hasFiles = (place: MongodPlace): Promise<boolean> =>
  stat(join(place.files, 'WiredTiger')).then(
    () => true,
    () => false,
  )

export async function trimLog(place: MongodPlace): Promise<void> {
  const size = await stat(place.log).then(
    found => found.size,
    () => 0,
  )
  if (size > largestLog) await rename(place.log, `${place.log}.1`)
}

/** The last error that mongod logged, in its words. */
export async function lastError(place: MongodPlace): Promise<string | undefined> {
  const lines = (await readFile(place.log, 'utf8').catch(orEmpty)).split('\n').slice(-200)
  const line = lines.filter(each => /"s":"[EF]"/.test(each)).at(-1)
  if (line === undefined) return undefined
  const { msg, attr } = JSON.parse(line) as { msg: string; attr?: unknown }
  return attr === undefined ? msg : `${msg} ${JSON.stringify(attr)}`
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

function orEmpty(error: unknown): string {
  if (isAbsent(error)) return ''
  throw error
}
