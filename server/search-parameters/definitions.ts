/** The SearchParameters of the directory as far as they are used: which, and why not the others. Pure. */
import { type Failure, fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import {
  type CustomParameter,
  type DefinitionGrounds,
  isActive,
  readCustomParameter,
  typesOf,
} from '../../search/custom-parameter.ts'
import type { Pending } from '../../search/with-custom-parameters.ts'
import type { DefinitionVersion, ReindexRun, ReindexStanding } from '../store/reindexing-request.ts'

/** Each costs every write of its types a little, and every search that names it an index. */
export const mostParameters = 100

/** An active SearchParameter. */
export interface Definition extends DefinitionVersion {
  readonly id: string
  /** What it defines, or why it is not used. */
  readonly parameter: Result<CustomParameter>
}

/** A definition that is used. */
export interface Used extends Definition {
  readonly parameter: { readonly ok: true; readonly value: CustomParameter }
}

export const isUsed = (definition: Definition): definition is Used => definition.parameter.ok

const namesOf = (parameter: CustomParameter): readonly string[] =>
  typesOf(parameter).map(type => `${type}.${parameter.code}`)

const tooMany = fail(
  'refusedByRule',
  `expected at most ${mostParameters} active search parameters beside R4's own, found more`,
  'SearchParameter.status',
)

const taken = fail(
  'refusedByRule',
  'expected a name that no other active SearchParameter gives to the same type, found one that does',
  'SearchParameter.code',
)

/** @returns the definitions, oldest first: of two with one name the older is used, and no more than `mostParameters`. */
export function settled(definitions: readonly Definition[]): readonly Definition[] {
  const names = new Set<string>()
  let used = 0
  return definitions.map(definition => {
    if (!isUsed(definition)) return definition
    const own = namesOf(definition.parameter.value)
    if (own.some(name => names.has(name))) return { ...definition, parameter: taken }
    if (used === mostParameters) return { ...definition, parameter: tooMany }
    used += 1
    for (const name of own) names.add(name)
    return definition
  })
}

/** @returns the resource when it may be kept beside those that are known; 422 with everything that is wrong otherwise. One that is not active is not used, and is kept. */
export function checked(
  resource: Resource,
  grounds: DefinitionGrounds,
  known: readonly Definition[],
): Result<Resource> {
  if (!isActive(resource)) return ok(resource)
  const read = readCustomParameter(resource, grounds)
  if (!read.ok) return read
  const others = known.filter(isUsed).filter(({ id }) => id !== resource.id)
  if (others.length >= mostParameters) return tooMany
  const own = new Set(namesOf(read.value))
  return others.some(({ parameter }) => namesOf(parameter.value).some(name => own.has(name))) ? taken : ok(resource)
}

/** @returns nothing when all of them may be kept together; the place of the first that may not, and why. */
export function checkedTogether(
  resources: readonly Resource[],
  grounds: DefinitionGrounds,
  known: readonly Definition[],
): { readonly place: number; readonly failure: Failure } | undefined {
  const all = [...known]
  for (const [place, resource] of resources.entries()) {
    const fit = checked(resource, grounds, all)
    if (!fit.ok) return { place, failure: fit.failure }
    const parameter = readCustomParameter(resource, grounds)
    if (isActive(resource)) all.push({ _id: '', id: resource.id ?? `new ${place}`, version: 0, parameter })
  }
  return undefined
}

const isSame = (one: DefinitionVersion, other: DefinitionVersion): boolean =>
  one._id === other._id && one.version === other.version

/** Whether all rows are indexed by it. */
export const isComplete = ({ complete }: ReindexStanding, { _id, version }: DefinitionVersion): boolean =>
  complete.get(_id)?.version === version

/** The run that indexes by it, if it is under way. */
export const runFor = ({ run }: ReindexStanding, definition: DefinitionVersion): ReindexRun | undefined =>
  run?.of.some(each => isSame(each, definition)) === true ? run : undefined

const waiting = 'it was defined a short while ago, and will be indexed as soon as every server knows it'

/** @returns what cannot be searched by yet, each with the sentence that says why. */
export const pendingOf = (used: readonly Used[], standing: ReindexStanding): readonly Pending[] =>
  used
    .filter(each => !isComplete(standing, each))
    .map(each => {
      const run = runFor(standing, each)
      const because =
        run === undefined
          ? waiting
          : `it is being indexed: ${run.looked} of about ${run.about} resources were looked at; ask again later`
      return { parameter: each.parameter.value, because }
    })
