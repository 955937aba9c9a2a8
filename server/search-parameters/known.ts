/**
 * What this server knows of the search parameters that operators defined. It looks again every few seconds; what it saw
 * holds for a stated time, and no longer: a write first looks again. `docs/decisions/0027-parameters-are-known-before-they-are-used.md`
 */
import { objectOf } from '../../resources/json-value.ts'
import type { Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { type DefinitionGrounds, readCustomParameter } from '../../search/custom-parameter.ts'
import { scalar } from '../../search/query.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { MongoStore } from '../store/mongo-store.ts'
import type { ReindexStanding } from '../store/reindexing-request.ts'
import type { Found } from '../store/store.ts'
import { checked, checkedTogether, type Definition, isComplete, isUsed, settled, type Used } from './definitions.ts'
import { type Basis, type InForce, inForce } from './in-force.ts'

/** What it is made of. */
export interface KnownMaterials {
  readonly store: Pick<MongoStore, 'page' | 'reindexing'>
  readonly grounds: DefinitionGrounds
  readonly basis: Basis
  /** Seconds from a definition until it is certain that every server knows it. */
  readonly wait: number
  /** Milliseconds that no clock is set back by. */
  readonly clock: () => number
}

/** Parts of the wait: how often it is looked, how long what was seen holds. The rest is for writes under way. */
const looksPerWait = 12
const holdsFor = 1 / 6

const nothing: ReindexStanding = { wait: 0, complete: new Map() }

/** More than are used, so that the oldest are found among them. */
const mostRead = 1000

const keyOf = ({ _id, version }: Pick<Definition, '_id' | 'version'>): string => `${_id}/${version}`

/** Asked by reads at their beginning, by writes before they index and before they commit. */
export class KnownParameters {
  readonly #materials: KnownMaterials
  readonly #served: boolean
  #definitions: readonly Definition[] = []
  #seen: ReadonlyMap<string, { readonly definition: Definition; readonly at: number }> = new Map()
  #standing = nothing
  #inForce: InForce
  #confirmed = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(materials: KnownMaterials, first: InForce) {
    this.#materials = materials
    this.#inForce = first
    this.#served = materials.grounds.catalog.types.has('SearchParameter')
  }

  get inForce(): InForce {
    return this.#inForce
  }

  get standing(): ReindexStanding {
    return this.#standing
  }

  /** Whether anybody can define a search parameter here. */
  get served(): boolean {
    return this.#served
  }

  /** Milliseconds between two looks. */
  get every(): number {
    return (this.#materials.wait * 1000) / looksPerWait
  }

  /** What would index a write now: undefined when it is known well enough, else what to wait for. Rejects with `Unavailable`. */
  fresh(): Promise<void> | undefined {
    return this.#holds() ? undefined : this.look()
  }

  /** Looks at the database, at a time after it was called. Those who call meanwhile share the next look. */
  look(): Promise<void> {
    if (!this.#served) return Promise.resolve()
    if (this.#looking === undefined) {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined
      })
      return this.#looking
    }
    const next = (): Promise<void> => {
      this.#next = undefined
      return this.look()
    }
    this.#next ??= this.#looking.then(next, next)
    return this.#next
  }

  /** @returns the resource when it may be kept; 422 with what is wrong otherwise. */
  check(resource: Resource): Result<Resource> {
    return checked(resource, this.#materials.grounds, this.#definitions)
  }

  /** Looks at the database first. @returns the first of several that may not be kept together, and why. */
  async checkTogether(resources: readonly Resource[]): Promise<ReturnType<typeof checkedTogether>> {
    await this.look()
    return checkedTogether(resources, this.#materials.grounds, this.#definitions)
  }

  /** @returns the active definition of this row, used or not. */
  definition(_id: string): Definition | undefined {
    return this.#definitions.find(each => each._id === _id)
  }

  /** @returns the definitions that every server knows by now, and by which rows are not indexed yet. */
  due(): readonly Used[] {
    const { clock } = this.#materials
    const known = clock() - this.#standing.wait * 1000
    return this.#definitions
      .filter(isUsed)
      .filter(each => !isComplete(this.#standing, each) && (this.#seen.get(keyOf(each))?.at ?? clock()) <= known)
  }

  #holds(): boolean {
    return !this.#served || this.#materials.clock() - this.#confirmed < this.#materials.wait * 1000 * holdsFor
  }

  /** Forgets that rows are indexed by the definition of this row. */
  again(_id: string): Promise<void> {
    return this.#materials.store.reindexing.again(_id)
  }

  async #look(): Promise<void> {
    const { store, clock, basis } = this.#materials
    const began = clock()
    const [rows, standing] = await Promise.all([this.#rows(), store.reindexing.standing()])
    const read = rows.map(row => this.#seen.get(keyOf(row)) ?? { definition: this.#read(row), at: clock() })
    const definitions = settled(read.map(({ definition }) => definition))
    const next = inForce(basis, { used: definitions.filter(isUsed), standing }, this.#inForce)
    if (!next.ok) throw new Error('a definition that was checked cannot be compiled')
    this.#seen = new Map(read.map(each => [keyOf(each.definition), each]))
    this.#definitions = definitions
    this.#standing = standing
    this.#inForce = next.value
    this.#confirmed = began
  }

  /** The oldest first. The order in which they are read is that of the index of types. */
  async #rows(): Promise<readonly Found[]> {
    const rows = await this.#materials.store.page({
      restriction: systemRestriction('re-index', { collection: 'directory' }),
      type: 'SearchParameter',
      query: scalar('status', 'active'),
      order: { by: 'date', descending: false },
      limit: mostRead,
    })
    return [...rows].sort((one, other) => (one._id < other._id ? -1 : 1))
  }

  #read({ _id, id, version, json }: Found): Definition {
    const resource = objectOf(JSON.parse(Buffer.from(json).toString())) as Resource
    return { _id, id, version, parameter: readCustomParameter(resource, this.#materials.grounds) }
  }
}

/** What R4's own parameters make, before the database is looked at; fails when one cannot be compiled. */
export const withoutDefinitions = (basis: Basis): Result<InForce> => inForce(basis, { used: [], standing: nothing })

/** @returns what is known, looked at once. Rejects with `Unavailable`. */
export async function openKnown(materials: KnownMaterials, first: InForce): Promise<KnownParameters> {
  const known = new KnownParameters(materials, first)
  if (known.served) await materials.store.reindexing.declareWait(materials.wait)
  await known.look()
  return known
}
