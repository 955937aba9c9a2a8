/** The database of a server for a command of the operator: as it runs, or started for the time of the command. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startMongod } from './launch/embedded-mongod.ts'
import { FolderInUse } from './launch/folder-lock.ts'
import { openPlace, recall } from './launch/mongod-place.ts'
import { setUrl } from './launch/set-url.ts'
import { settings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface OpenDatabase {
  readonly url: string
  readonly database: string
  readonly stop: () => Promise<void>
}

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`)
}

const nothing = (): Promise<void> => Promise.resolve()

async function embedded(dataDir: string): Promise<Pick<OpenDatabase, 'url' | 'stop'>> {
  if (!existsSync(join(dataDir, 'mongodb')))
    throw new Error(`DATA_DIR: expected a folder that holds a database, found none in ${dataDir}`)
  try {
    return await startMongod({ dataDir, onProgress: say })
  } catch (error) {
    const { port } = error instanceof FolderInUse ? await recall(await openPlace(dataDir)) : {}
    if (port === undefined) throw error
    return { url: setUrl(port), stop: nothing }
  }
}

/** @returns the database that the settings name. @throws when the folder of an embedded one holds none. */
export async function openDatabase({ MONGODB_URL, MONGODB_DATABASE, DATA_DIR }: Environment): Promise<OpenDatabase> {
  const database = MONGODB_DATABASE || settings.MONGODB_DATABASE.fallback
  if (MONGODB_URL) return { url: MONGODB_URL, database, stop: nothing }
  return { database, ...(await embedded(DATA_DIR || settings.DATA_DIR.fallback)) }
}
