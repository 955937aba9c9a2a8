/**
 * A hospital's own FHIR server: scopes and the patient compartment, and no other rule.
 * https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 *
 * `principal.patient` is compared with keys of records: whoever lets clients choose the ids of patients resolves it first.
 */
import { ok } from '../../resources/outcome.ts'
import { and, everything, or, type Query, scalar } from '../../search/query.ts'
import type { AccessRequest, Decision, Permit } from '../decision.ts'
import { type Surroundings, scopeGate, scopeMissing } from '../gate.ts'
import { heldScope } from '../held-scope.ts'
import { plainLabels } from '../plain-labels.ts'
import type { Regime } from '../regime.ts'
import { type Extent, restrict } from '../restriction.ts'
import { permissionFor } from '../scope-query.ts'
import { wholeTrail } from '../trail-view.ts'
import { judgeScopes } from '../write-scopes.ts'

/** What the scopes of a token hold in one place. */
function scopeIn(
  request: AccessRequest,
  patient: AccessRequest['patient'],
  surroundings: Surroundings,
): Query | undefined {
  const { principal, interaction, type, now } = request
  const permission = permissionFor(interaction)
  if (permission === undefined) return undefined
  return heldScope({ principal, type, patient, now, permission }, surroundings)
}

/** Every record, where scopes of users and systems hold; only the record of the launch context, where `patient/` scopes do. */
function everywhere(request: AccessRequest, surroundings: Surroundings): readonly [Extent, Query] | undefined {
  const launch = request.principal.patient
  const wide = scopeIn(request, 'every', surroundings)
  const own = launch === null ? undefined : scopeIn(request, launch, surroundings)
  if (wide === undefined)
    return launch === null || own === undefined ? undefined : [{ collection: 'record', patient: launch }, own]
  const within = launch === null || own === undefined ? wide : or(wide, and(scalar('patient', launch), own))
  return [{ collection: 'record', patient: 'every' }, within]
}

function extentAndScope(request: AccessRequest, surroundings: Surroundings): readonly [Extent, Query] | undefined {
  const { patient } = request
  if (patient === 'every') return everywhere(request, surroundings)
  const scope = scopeIn(request, patient, surroundings)
  if (scope === undefined) return undefined
  return [patient === null ? { collection: 'directory' } : { collection: 'record', patient }, scope]
}

function read(request: AccessRequest, surroundings: Surroundings): Decision {
  const refused = scopeGate(request, surroundings)
  if (refused !== undefined) return refused
  const held = extentAndScope(request, surroundings)
  if (held === undefined) return { effect: 'deny', failed: 'scope-covers', because: 'record' }
  const [extent, scope] = held
  const permit: Permit = { effect: 'permit', restriction: restrict(extent, [scope]), basis: 'scope' }
  if (request.type !== 'AuditEvent') return permit
  // The trail is no rows of the record: a scope that narrows by search parameters cannot be enforced on it.
  const narrowed = scope.op !== everything.op
  return narrowed
    ? scopeMissing(request.type, permissionFor(request.interaction) ?? 's')
    : { ...permit, trail: wholeTrail }
}

/** Builds the regime `smart`. */
export const smartRegime = (surroundings: Surroundings): Regime => ({
  name: 'smart',
  needsFacts: false,
  onePatient: false,
  policy: () => null,
  patch: (_type, _before, after) => ok(after),
  choosesIds: () => true,
  gate: request => scopeGate(request, surroundings),
  read: request => read(request, surroundings),
  write: request => {
    const covered = judgeScopes(request, surroundings, asked => read(asked, surroundings))
    return covered.ok ? ok(plainLabels(request)) : covered
  },
})
