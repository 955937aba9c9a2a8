/** What the definitions in use make of the catalog, the index and the statement. Pure. */
import type { Catalog } from '../../resources/catalog.ts'
import { listOf, objectOf } from '../../resources/json-value.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import { compileFollow, type Follow } from '../../search/inclusion.ts'
import { compileIndexer, type Index } from '../../search/index-resource.ts'
import { withCustomParameters } from '../../search/with-custom-parameters.ts'
import type { ReindexStanding } from '../store/reindexing-request.ts'
import { isComplete, pendingOf, type Used } from './definitions.ts'

/** What is read and compiled once. */
export interface Basis {
  readonly catalog: Catalog
  readonly zone: string
  readonly base: string
  /** The capability statement without what operators defined, as parsed JSON. */
  readonly statement: unknown
  /** The same as it is served. */
  readonly serve: (statement: unknown) => Uint8Array
}

/** What requests are answered by. */
export interface InForce {
  readonly catalog: Catalog
  /** By all definitions in use, also those that cannot be searched by yet. */
  readonly index: Index
  readonly follow: Follow
  readonly statement: Uint8Array
  /** The definitions by which `index` indexes, as text. */
  readonly indexed: string
  /** Those that are searched by, as text. */
  readonly ready: string
}

type Json = Readonly<Record<string, unknown>>

const promise = ({ parameter: { value } }: Used, type: string): readonly Json[] => {
  const plain = value.definitions.get(type)
  const composite = value.composites.get(type)
  if (plain !== undefined) return [{ name: plain.code, definition: plain.definition, type: plain.type }]
  return composite === undefined ? [] : [{ name: composite.code, definition: composite.definition, type: 'composite' }]
}

const added = (json: Json, name: string, all: ReadonlySet<string>): Json =>
  all.size === listOf(json[name]).length ? {} : { [name]: [...all] }

/** The statement with what is served beside it. */
function restated(statement: unknown, { types }: Catalog, ready: readonly Used[]): unknown {
  const ofType = (given: unknown): unknown => {
    const json = objectOf(given) ?? {}
    const served = types.get(String(json.type))
    const promised = ready.flatMap(each => promise(each, String(json.type)))
    return {
      ...json,
      ...(served === undefined ? {} : added(json, 'searchInclude', served.includes)),
      ...(served === undefined ? {} : added(json, 'searchRevInclude', served.revincludes)),
      ...(promised.length === 0 ? {} : { searchParam: [...listOf(json.searchParam), ...promised] }),
    }
  }
  const rest = listOf(objectOf(statement)?.rest).map(each => ({
    ...objectOf(each),
    resource: listOf(objectOf(each)?.resource).map(ofType),
  }))
  return { ...objectOf(statement), rest }
}

const nameOf = (definitions: readonly Used[]): string =>
  definitions.map(({ _id, version }) => `${_id}/${version}`).join(' ')

function compileIndex({ catalog, zone, base }: Basis, used: readonly Used[]): Result<Index> {
  const all = used.map(({ parameter }) => parameter.value)
  return compileIndexer(withCustomParameters(catalog, all, []).types.values(), zone, base)
}

/** @returns what is in force by these definitions; what did not change since `before` is taken from there. */
export function inForce(
  basis: Basis,
  { used, standing }: { readonly used: readonly Used[]; readonly standing: ReindexStanding },
  before?: InForce,
): Result<InForce> {
  const complete = used.filter(each => isComplete(standing, each))
  const [indexed, ready] = [nameOf(used), nameOf(complete)]
  const catalog = withCustomParameters(
    basis.catalog,
    complete.map(({ parameter }) => parameter.value),
    pendingOf(used, standing),
  )
  const index = before?.indexed === indexed ? ok(before.index) : compileIndex(basis, used)
  if (!index.ok) return index
  const follow = before?.ready === ready ? ok(before.follow) : compileFollow(catalog, basis.base)
  if (!follow.ok) return follow
  const statement =
    before?.ready === ready ? before.statement : basis.serve(restated(basis.statement, catalog, complete))
  return ok({ catalog, index: index.value, follow: follow.value, statement, indexed, ready })
}
