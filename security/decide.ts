/** The decision of the regime `dmp`: within which rows of a record, or of the directory, somebody may read. `access.md` section 2. */
import { and, everything, or, type Query } from '../search/query.ts'
import { belongsToRecords } from './belongs-to-records.ts'
import { columnOf } from './columns.ts'
import type { AccessRequest, ConditionId, Decision, Denial } from './decision.ts'
import { disjoint } from './disjoint.ts'
import { enter } from './entry.ts'
import type { Facts } from './facts.ts'
import { gate, type Surroundings, scopeMissing } from './gate.ts'
import type { Policy } from './policy.ts'
import type { PatientOrRepresentative, Professional } from './principal.ts'
import { type Extent, restrict } from './restriction.ts'
import { permissionFor, scopeQuery } from './scope-query.ts'
import { represents, trailView } from './trail-view.ts'
import { addressedTo, namingActor, ofColumn, ofPatient, ownDeposits, type Reading } from './visible-rows.ts'

/** What a decision rests on. */
export interface Grounds extends Surroundings {
  readonly policy: Policy
  /** Undefined: there is no such record. */
  readonly facts: Facts | undefined
}

/** An open door: why, and the rows behind it. A closed one names the condition that failed. */
type Door = { readonly basis: string; readonly rows: readonly Query[] } | ConditionId

const hidden = (failed: ConditionId): Denial => ({ effect: 'deny', failed, because: 'record' })

/** What is asked of one record whose facts are known. */
interface Asked extends Reading {
  readonly policy: Policy
}

function forProfessional(professional: Professional, asked: Asked): Door {
  const { policy, facts, now, type } = asked
  const column = columnOf(policy, professional)
  if (column === undefined) return 'column-known'
  const entry = enter(professional, { column, facts, now })
  const named = namingActor(professional, type)
  if (typeof entry === 'object') {
    const addressed = addressedTo(professional, asked, entry)
    return { basis: entry.basis, rows: [...ofColumn(professional, { policy, column, entry }, asked), named, addressed] }
  }
  return named.op === 'nothing' ? entry : { basis: 'named actor', rows: [named] }
}

function forPatient(principal: PatientOrRepresentative, { facts, now }: Asked): Door {
  if (principal.patient !== facts.patient) return 'own-record'
  if (principal.kind === 'patient') return { basis: 'own record', rows: ofPatient('patient', now) }
  return represents(principal, facts, now)
    ? { basis: 'representative', rows: ofPatient('representative', now) }
    : 'representative'
}

/** The door by which each kind of principal enters an open record, beside the one of his own deposits. */
function doorOf({ principal }: AccessRequest, asked: Asked): Door {
  switch (principal.kind) {
    case 'professional':
      return forProfessional(principal, asked)
    case 'patient':
    case 'representative':
      return forPatient(principal, asked)
    default:
      return 'own-deposit'
  }
}

/** Who may come in by one record only has no other door to it, not even to deposits of another time. */
const hasDepositDoor = ({ principal }: AccessRequest, door: Door): boolean =>
  typeof door === 'object' || (principal.kind !== 'patient' && principal.kind !== 'representative')

const none: readonly string[] = []

const extentOf = ({ patient, merged }: Facts): Extent => ({
  ...{ collection: 'record', patient },
  merged: merged === undefined ? none : merged.map(each => each.patient),
})

function decideRows(request: AccessRequest, asked: Asked, scope: Query): Decision {
  const door = doorOf(request, asked)
  const own = hasDepositDoor(request, door) ? ownDeposits(request.principal, asked.facts) : []
  const rows = disjoint([...(typeof door === 'object' ? door.rows : []), ...own])
  if (typeof door === 'string' && rows.length === 0) return hidden(door)
  return {
    effect: 'permit',
    restriction: restrict(
      extentOf(asked.facts),
      rows.map(row => and(scope, row)),
    ),
    basis: typeof door === 'object' ? door.basis : 'own deposit',
  }
}

/** The trail is no rows of the record: a scope that narrows by search parameters cannot be enforced on it. */
function decideTrail({ principal, type, interaction, now }: AccessRequest, facts: Facts, scope: Query): Decision {
  if (scope.op !== 'everything') return scopeMissing(type, permissionFor(interaction) ?? 's')
  const trail = trailView(principal, facts, now)
  if (trail === undefined) return hidden(facts.open ? 'own-record' : 'record-open')
  const extent: Extent = { collection: 'record', patient: facts.patient }
  return {
    effect: 'permit',
    restriction: restrict(extent, [everything]),
    basis: basisOfTrail(principal.kind, trail),
    trail,
  }
}

const basisOfTrail = (kind: string, { ownAgent }: { readonly ownAgent: string | null }): string => {
  if (ownAgent !== null) return 'own accesses'
  return kind === 'professional' ? 'treating' : kind === 'patient' ? 'own record' : kind
}

/** Across records there is one search: the Consents that name the caller. */
function decideEverywhere({ principal, type }: AccessRequest, scope: Query): Decision {
  const named = principal.kind === 'professional' ? namingActor(principal, type) : or()
  if (named.op === 'nothing')
    return {
      ...{ effect: 'deny', failed: 'kind-may-enter', because: 'token' },
      diagnostics: `expected a search on ${type} in one record, found one in all of them`,
    }
  const restriction = restrict({ collection: 'record', patient: 'every' }, [and(scope, named)])
  return { effect: 'permit', restriction, basis: 'named actor' }
}

/** What its holder writes to open a closed record again, or to withdraw that he refused it. `access.md` section 4, last row. */
const reopening: ReadonlySet<string> = new Set(['Patient', 'Consent'])

/** A closed record is shut, but for the versions which its holder replaces to open it again. */
function decideClosed({ principal, interaction, type }: AccessRequest, { patient }: Facts, scope: Query): Decision {
  const reopens = principal.kind === 'patient' && principal.patient === patient && interaction === 'update'
  if (!reopens || !reopening.has(type)) return hidden('record-open')
  return { effect: 'permit', restriction: restrict({ collection: 'record', patient }, [scope]), basis: 'own record' }
}

function decideInRecord(
  request: AccessRequest,
  facts: Facts | undefined,
  at: { policy: Policy; scope: Query },
): Decision {
  const { type, now } = request
  if (facts === undefined) return hidden('record-exists')
  if (type === 'AuditEvent') return decideTrail(request, facts, at.scope)
  if (!facts.open) return decideClosed(request, facts, at.scope)
  return decideRows(request, { policy: at.policy, facts, now, type }, at.scope)
}

/**
 * Decides within which rows the caller may read. Pure and total: what no rule opens is refused.
 * @returns a permit with disjoint restrictions, or a denial which says whether it may be told (`token`) or not (`record`).
 */
export function decide(request: AccessRequest, { policy, facts, catalog, readScope }: Grounds): Decision {
  const { principal, interaction, type, patient, now } = request
  const refused = gate(request, policy, { catalog, readScope })
  if (refused !== undefined) return refused
  const permission = permissionFor(interaction)
  const ofRecords = belongsToRecords(catalog, type)
  if (permission === undefined || (patient === null && ofRecords)) return hidden('record-exists')
  // A key of a record that was merged into another means the other.
  const record = facts?.patient ?? patient
  const question = {
    type,
    permission,
    patient: record,
    launch: principal.patient,
    ofRecords,
    now,
    isOperator: principal.kind === 'operator',
  }
  const scope = scopeQuery(principal.scopes, question, readScope)
  if (scope === undefined) return patient === 'every' ? scopeMissing(type, permission) : hidden('scope-covers')
  if (patient === null)
    return { effect: 'permit', restriction: restrict({ collection: 'directory' }, [scope]), basis: 'directory' }
  if (patient === 'every') return decideEverywhere(request, scope)
  return decideInRecord(request, facts, { policy, scope })
}
