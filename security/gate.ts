/** What the token alone refuses, the same for every id and before any database read. `access.md` section 3. */
import type { Catalog } from '../resources/catalog.ts'
import type { Interaction } from '../resources/resource.ts'
import { belongsToRecords } from './belongs-to-records.ts'
import { columnOf } from './columns.ts'
import type { Denial } from './decision.ts'
import { depositsOf } from './may-deposit.ts'
import type { Policy } from './policy.ts'
import type { Principal, Professional } from './principal.ts'
import { definesForAll, type Permission, permissionFor, type ScopeReader, scopeQuery } from './scope-query.ts'

/** What is asked before it is known of whom. */
export interface GateRequest {
  readonly principal: Principal
  readonly interaction: Interaction
  readonly type: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What decisions on scopes and places need beside the request. */
export interface Surroundings {
  /** Whether a document may be hidden from professionals and from its patient at once; not when absent. */
  readonly masksTogether?: boolean
  readonly catalog: Pick<Catalog, 'types'>
  readonly readScope: ScopeReader
}

type Said = Denial & { readonly diagnostics: string }

export const said = (failed: Denial['failed'], diagnostics: string): Said => ({
  effect: 'deny',
  failed,
  because: 'token',
  diagnostics,
})

/** The refusal of a request that no scope of the token covers. */
export const scopeMissing = (type: string, permission: Permission): Said =>
  said(
    'scope-covers',
    definesForAll({ type, permission })
      ? `expected a scope of the system that grants "${permission}" on ${type}, such as system/${type}.${permission}: it defines for all who search; found none`
      : `expected a scope that grants "${permission}" on ${type}, such as user/${type}.${permission}, found none`,
  )

/** @returns the refusal when no scope covers the request in the place that suits the token best. */
export function scopeGate(request: GateRequest, { catalog, readScope }: Surroundings): Denial | undefined {
  const { principal, interaction, type, now } = request
  const permission = permissionFor(interaction)
  if (permission === undefined) return undefined
  const ofRecords = belongsToRecords(catalog, type)
  const launch = principal.patient
  const patient = ofRecords ? (launch ?? 'every') : null
  const isOperator = principal.kind === 'operator'
  const question = { type, permission, patient, launch, ofRecords, now, isOperator }
  const within = scopeQuery(principal.scopes, question, readScope)
  return within === undefined ? scopeMissing(type, permission) : undefined
}

const writing: ReadonlySet<Interaction> = new Set(['create', 'update', 'patch', 'delete'])

/** What an operator may touch of a record: who represents a minor. */
const operatorTypes: ReadonlySet<string> = new Set(['RelatedPerson'])

/** The refusal of a professional whose profession neither reads nor deposits; undefined for any other. */
export const professionGate = (principal: Professional, policy: Policy): Denial | undefined =>
  columnOf(policy, principal) !== undefined || depositsOf(policy, principal).size > 0
    ? undefined
    : said('column-known', 'expected a profession of the habilitation matrix, found none, or more than one')

/** Why a kind of principal never enters any record for this type; undefined when it may. */
function kindGate({ principal, interaction, type }: GateRequest, policy: Policy): Denial | undefined {
  switch (principal.kind) {
    case 'client':
      return said('kind-may-enter', 'expected a token that says in "dmp" who acts, found none')
    case 'person':
      return said('kind-may-enter', 'expected a token of a record, found one of a person who has none: open it first')
    case 'operator':
      if (operatorTypes.has(type)) return undefined
      return said(
        'kind-may-enter',
        `expected a professional, a structure, the insurance or the patient for ${type}, found an operator`,
      )
    case 'professional':
      return professionGate(principal, policy)
    case 'representative':
      return writing.has(interaction)
        ? said(
            'kind-may-enter',
            'expected the patient, or somebody who deposits, found a representative, who only reads',
          )
        : undefined
    default:
      return undefined
  }
}

/** @returns what the token alone refuses in the regime `dmp`. */
export function gate(request: GateRequest, policy: Policy, surroundings: Surroundings): Denial | undefined {
  const { principal, interaction, type } = request
  if (permissionFor(interaction) === undefined) return undefined
  const writes = writing.has(interaction)
  if (type === 'AuditEvent' && writes)
    return said(
      'kind-may-enter',
      'expected an interaction that reads AuditEvents, which the server alone writes, found one that writes',
    )
  if (belongsToRecords(surroundings.catalog, type)) return kindGate(request, policy) ?? scopeGate(request, surroundings)
  if (writes && principal.kind !== 'operator')
    return said('kind-may-enter', `expected an operator, who alone writes the directory, found a ${principal.kind}`)
  return scopeGate(request, surroundings)
}
