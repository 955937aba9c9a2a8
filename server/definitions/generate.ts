/**
 * A step of the build: cuts the definitions of R4 down to what is read at run time, into `dist/definitions/`. Does nothing
 * when they are up to date. With `--statement` it also writes `fixtures/capability-statement-all-types.json`.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.ts'
import { printStatement, statementOf } from './capability-statement.ts'
import { cutHierarchies } from './hierarchy.ts'
import { definitionFiles, definitionsFolder, loadDefinitions } from './load.ts'
import { cutSearchParameters } from './search-parameters.ts'
import { hasSource, readSource, sourceFiles } from './source.ts'
import { cutStructures } from './structures.ts'
import { cutValueSets } from './value-sets.ts'

const stampName = 'stamp.txt'
const here = dirname(fileURLToPath(import.meta.url))

/** References to any type that are worth a reverse include in the statement of all types. */
const toAny = ['Provenance:target', 'List:item']

/** What the files were made from: the sizes of the sources and the text of this generator. */
async function makeStamp(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of Object.values(sourceFiles)) hash.update(`${(await stat(file)).size};`)
  for (const name of (await readdir(here)).sort()) hash.update(await readFile(join(here, name)))
  return hash.digest('hex')
}

async function isUpToDate(stamp: string): Promise<boolean> {
  const files = Object.values(definitionFiles).map(name => stat(join(definitionsFolder, name)))
  const present = (await Promise.allSettled(files)).every(({ status }) => status === 'fulfilled')
  const former = await readFile(join(definitionsFolder, stampName), 'utf8').catch(() => '')
  return present && former === stamp
}

/** Another process may be reading: a file is whole, or not there. */
async function replaceFile(name: string, text: string): Promise<void> {
  const unfinished = join(definitionsFolder, `${name}.${process.pid}`)
  await writeFile(unfinished, text)
  await rename(unfinished, join(definitionsFolder, name))
}

async function generate(stamp: string): Promise<void> {
  const source = await readSource()
  const valueSets = cutValueSets(source.valueSets)
  const structures = cutStructures(source.structures, valueSets)
  const made = {
    structures,
    searchParameters: cutSearchParameters(source.searchParameters, structures),
    compartment: Object.fromEntries(
      source.compartment.resource.flatMap(({ code, param }) => (param === undefined ? [] : [[code, param]])),
    ),
    valueSets,
    hierarchies: cutHierarchies(source.valueSets),
  }
  await mkdir(definitionsFolder, { recursive: true })
  for (const name of ['structures', 'searchParameters', 'compartment', 'valueSets', 'hierarchies'] as const)
    await replaceFile(definitionFiles[name], JSON.stringify(made[name]))
  await replaceFile(stampName, stamp)
}

async function writeStatement(): Promise<void> {
  const { structures, searchParameters } = await loadDefinitions()
  const statement = statementOf(structures.resources, searchParameters, toAny)
  await writeFile(join(root, 'fixtures', 'capability-statement-all-types.json'), printStatement(statement))
}

if (await hasSource()) {
  const stamp = await makeStamp()
  if (!(await isUpToDate(stamp))) await generate(stamp)
} else await loadDefinitions()

if (process.argv.includes('--statement')) await writeStatement()
