/** Writes the pages of the documentation that are printed from tables: `node dist/server/print-docs.js`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { printedPages } from './documents.ts'
import { root } from './root.ts'

for (const [path, text] of printedPages()) {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}
