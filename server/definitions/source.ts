/** The files of R4 definitions that the generator reads: HL7's own parts of the package, never its product's. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../root.ts'
import type { SearchParameter } from './search-parameters.ts'
import type { StructureDefinition } from './structure-definition.ts'
import type { CodeSystem, ValueSet } from './value-set.ts'

const folder = join(root, 'node_modules', '@medplum', 'definitions', 'dist', 'fhir', 'r4')

/** What the generator reads, by what it holds. */
export const sourceFiles = {
  resources: join(folder, 'profiles-resources.json'),
  types: join(folder, 'profiles-types.json'),
  searchParameters: join(folder, 'search-parameters.json'),
  valueSets: join(folder, 'valuesets.json'),
  valueSets2: join(folder, 'v2-tables.json'),
  valueSets3: join(folder, 'v3-codesystems.json'),
} as const

/** R4's own value sets, and those of version 2 and 3 that are published with it. */
const valueSetFiles = [sourceFiles.valueSets, sourceFiles.valueSets2, sourceFiles.valueSets3]

interface Bundle<Entry> {
  readonly entry: readonly { readonly resource: Entry }[]
}

/** The part of a CompartmentDefinition that is read. https://hl7.org/fhir/R4/compartmentdefinition.html */
export interface CompartmentDefinition {
  readonly resourceType: string
  readonly code: string
  readonly resource: readonly { readonly code: string; readonly param?: readonly string[] }[]
}

/** HL7's definitions as published. */
export interface Source {
  readonly structures: readonly StructureDefinition[]
  readonly searchParameters: readonly SearchParameter[]
  readonly compartment: CompartmentDefinition
  readonly valueSets: readonly (ValueSet | CodeSystem)[]
}

/** Whether the development dependency is installed. */
export const hasSource = (): Promise<boolean> =>
  stat(sourceFiles.resources).then(
    () => true,
    () => false,
  )

type Definition = StructureDefinition | CompartmentDefinition

const isStructure = (definition: Definition): definition is StructureDefinition =>
  definition.resourceType === 'StructureDefinition'

const isCompartment = (definition: Definition): definition is CompartmentDefinition =>
  definition.resourceType === 'CompartmentDefinition'

const parse = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))

const entries = async <Entry>(file: string): Promise<readonly Entry[]> =>
  ((await parse(file)) as Bundle<Entry>).entry.map(({ resource }) => resource)

/**
 * Reads the definitions. The compartment is the one published among the resources: the package's file of its own for it
 * is altered (it adds Task). @throws when a file is missing or is not JSON.
 */
export async function readSource(): Promise<Source> {
  const resources = await entries<Definition>(sourceFiles.resources)
  const types = await entries<StructureDefinition>(sourceFiles.types)
  const compartment = resources.find(definition => isCompartment(definition) && definition.code === 'Patient')
  if (compartment === undefined || !isCompartment(compartment))
    throw new Error('R4 has a patient compartment; the package has none')
  return {
    structures: [...types, ...resources].filter(isStructure),
    searchParameters: await entries<SearchParameter>(sourceFiles.searchParameters),
    compartment,
    valueSets: (await Promise.all(valueSetFiles.map(file => entries<ValueSet | CodeSystem>(file)))).flat(),
  }
}
