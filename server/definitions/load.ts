/** The definitions that `generate.ts` wrote, and the capability statement, read at start. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CutStructures, Structures } from '../../profiles/structure.ts'
import type { CompartmentTable } from '../../resources/compartment.ts'
import { type Hierarchies, type HierarchyTable, hierarchiesOf } from '../../resources/hierarchy.ts'
import type { CatalogSources } from '../../resources/read-catalog.ts'
import type { SearchParameterTable } from '../../resources/search-parameter-definition.ts'
import type { ValueSets } from '../../resources/value-set.ts'
import { root } from '../root.ts'

/** Where `generate.ts` writes. */
export const definitionsFolder = join(root, 'dist', 'definitions')

/** The names of the files, by what they hold. */
export const definitionFiles = {
  structures: 'structures.json',
  searchParameters: 'search-parameters.json',
  compartment: 'compartment.json',
  valueSets: 'value-sets.json',
  hierarchies: 'hierarchies.json',
} as const

/** What R4 says, cut down to what is read at run time. */
export interface Definitions extends CatalogSources {
  readonly structures: Structures
  readonly valueSets: ValueSets
  readonly hierarchies: Hierarchies
}

async function read(name: string): Promise<unknown> {
  const file = join(definitionsFolder, name)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`The definitions of R4 are missing (${file}). Run \`npm run build\`, which makes them.`, { cause })
  })
  return JSON.parse(text)
}

/** Returns the definitions. @throws when they have not been made. */
export async function loadDefinitions(): Promise<Definitions> {
  const valueSets = (await read(definitionFiles.valueSets)) as ValueSets
  return {
    structures: { ...((await read(definitionFiles.structures)) as CutStructures), valueSets },
    searchParameters: (await read(definitionFiles.searchParameters)) as SearchParameterTable,
    compartment: (await read(definitionFiles.compartment)) as CompartmentTable,
    valueSets,
    hierarchies: hierarchiesOf((await read(definitionFiles.hierarchies)) as HierarchyTable),
  }
}

/**
 * Returns the capability statement as parsed JSON: the promise of this server, or the file at `path`.
 * @throws when there is no such file, or it is not JSON.
 */
export async function loadCapabilityStatement(path = join(root, 'capability-statement.json')): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`The capability statement ${path} cannot be read.`, { cause })
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`The capability statement ${path} is not JSON.`, { cause })
  }
}
