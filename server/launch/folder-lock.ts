/** One server at a time in a data folder. What a killed server left behind does not count. */
import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { processIdentity } from './process-identity.ts'

/** Another process that is alive holds the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse'
}

interface Holder {
  readonly pid: number
  readonly started: string
}

/**
 * Takes the lock, a file that names its holder.
 * @returns how to give it back. @throws FolderInUse when another living process holds it.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  const started = (await processIdentity(process.pid))?.started ?? ''
  const mine = `${path}.${randomUUID()}`
  await writeFile(mine, JSON.stringify({ pid: process.pid, started } satisfies Holder), { mode: 0o600 })
  try {
    // A link appears with its content or not at all, and fails when the name is taken.
    while (!(await linked(mine, path))) await removeStale(path)
  } finally {
    await unlink(mine)
  }
  return () => rm(path, { force: true })
}

/** The process that holds the lock, when it is alive. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = await readHolder(path)
  if (holder === undefined) return undefined
  const identity = await processIdentity(holder.pid)
  return identity?.started === holder.started ? holder.pid : undefined
}

async function removeStale(path: string): Promise<void> {
  const pid = await lockHolder(path)
  if (pid !== undefined) throw new FolderInUse(`Process ${pid} uses the folder already (${path})`)
  const aside = `${path}.${randomUUID()}`
  if (!(await moved(path, aside))) return
  // Between the look and the move another process may have taken the lock: then it gets it back.
  if ((await lockHolder(aside)) !== undefined) await linked(aside, path)
  await unlink(aside)
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch (error) {
    if (has(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

const linked = (from: string, to: string): Promise<boolean> => link(from, to).then(...unless('EEXIST'))
const moved = (from: string, to: string): Promise<boolean> => rename(from, to).then(...unless('ENOENT'))

const unless = (code: string): [() => boolean, (error: unknown) => boolean] => [
  () => true,
  error => {
    if (has(error, code)) return false
    throw error
  },
]

const has = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
