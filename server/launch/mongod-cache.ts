/** The folder in which obtained mongod programs are kept, shared by every clone of the project of one user. */
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** `$XDG_CACHE_HOME` or `~/.cache`, then the name of the project. */
export const cacheFolder = (environment: Environment): string =>
  join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dossier-medical-partage')

/** The programs in the cache, newest version first; files that are still being downloaded are not among them. */
export async function cachedPrograms(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(missing)
  return names
    .filter(name => /^mongod-[\w.-]*\d$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map(name => join(folder, name))
}

function missing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
