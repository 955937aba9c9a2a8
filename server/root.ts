/** Where the project's own files are, whether the code runs from its sources or from `dist/`. */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function find(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json was not found above the program')
  return find(parent)
}

/** The folder that holds package.json, capability-statement.json, fixtures/ and dist/. */
export const root = find(dirname(fileURLToPath(import.meta.url)))

/** Paths in settings are relative to the project. */
export const resolvePath = (path: string): string => (isAbsolute(path) ? path : join(root, path))
