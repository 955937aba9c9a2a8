/** Within which resources the scopes of a token hold. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Interaction } from '../resources/resource.ts'
import { everything, or, type Query } from '../search/query.ts'
import type { Scope } from './scope.ts'

/** A permission of SMART version 2. */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's'

/** The permission that an interaction on one type needs. */
export const permissions = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  // SMART counts the history of a type among the searches.
  'history-type': 's',
  'search-type': 's',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
} as const satisfies Partial<Record<Interaction, Permission>>

const permissionOf: ReadonlyMap<string, Permission> = new Map(Object.entries(permissions))

/** Returns the permission that `interaction` needs; undefined for one about no single type, whose entries need their own. */
export const permissionFor = (interaction: Interaction): Permission | undefined => permissionOf.get(interaction)

/**
 * Understands the search parameters of a scope for one type. `now` is in milliseconds since 1970.
 * @returns undefined when one cannot be enforced on a single row: then the scope grants nothing.
 */
export type ScopeReader = (
  type: string,
  parameters: readonly (readonly [string, string])[],
  now: number,
) => Query | undefined

/** What is to be covered. */
export interface ScopeQuestion {
  readonly type: string
  readonly permission: Permission
  /** Key of the record, every record, or the directory (null). */
  readonly patient: string | 'every' | null
  /** The record of the token's launch context. */
  readonly launch: string | null
  /** Whether resources of this type belong to records: then those of the directory are closed to `patient/` scopes. */
  readonly ofRecords: boolean
  readonly now: number
  /** Whether an operator asks: what he defines holds for all by his office, and not by the kind of his scopes. */
  readonly isOperator: boolean
}

/** What a patient's scope grants outside his record: looking up who is named in it. */
const looks: ReadonlySet<Permission> = new Set(['r', 's'])

/** Types whose resources change what every request may ask, whoever wrote them. */
const definitions: ReadonlySet<string> = new Set(['SearchParameter'])

/** Whether a write defines something for all callers: a scope of one user or one patient does not reach so far. */
export const definesForAll = ({ type, permission }: Pick<ScopeQuestion, 'type' | 'permission'>): boolean =>
  definitions.has(type) && !looks.has(permission)

const holdsThere = (scope: Scope, asked: ScopeQuestion): boolean => {
  const { patient, launch, ofRecords, permission } = asked
  if (scope.context !== 'system' && !asked.isOperator && definesForAll(asked)) return false
  if (scope.context !== 'patient') return true
  if (launch === null) return false
  return patient === null ? !ofRecords && looks.has(permission) : patient === launch
}

const covers = (scope: Scope, asked: ScopeQuestion): boolean =>
  (scope.type === '*' || scope.type === asked.type) &&
  scope.permissions.has(asked.permission) &&
  holdsThere(scope, asked)

/** @returns the union of the scopes that cover what is asked, as a query; undefined when none does. */
export function scopeQuery(scopes: readonly Scope[], asked: ScopeQuestion, read: ScopeReader): Query | undefined {
  const narrowed: Scope[] = []
  for (const scope of scopes) {
    if (!covers(scope, asked)) continue
    if (scope.parameters.length === 0) return everything
    narrowed.push(scope)
  }
  const within = narrowed
    .map(({ parameters }) => read(asked.type, parameters, asked.now))
    .filter(query => query !== undefined)
  return within.length === 0 ? undefined : or(...within)
}
