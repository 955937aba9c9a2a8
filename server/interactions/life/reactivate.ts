/** `Patient/[id]/$reactivate`: everything is back, authorisations are not. `docs/decisions/0032-the-record-s-life.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { everything } from '../../../search/query.ts'
import { depositorOf } from '../../../security/actors.ts'
import { saysDeath } from '../../../security/closing-reasons.ts'
import type { ConditionId } from '../../../security/decision.ts'
import { blocked } from '../../../security/entry.ts'
import type { Facts } from '../../../security/facts.ts'
import { readConsent } from '../../../security/read-consent.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import { versionHeaders } from '../answer.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { locate } from '../locate.ts'
import { operationParameters } from '../operation-parameters.ts'
import { refuse } from '../trail.ts'
import { type Agreement, agreementIn, consentOf } from './agreement.ts'
import { sentence } from './close.ts'
import { reopeningEdits } from './closing-extension.ts'
import { commitLife, type LifeChange } from './commit-life.ts'
import { gateLife } from './life-access.ts'
import { type Current, currentOf, firstVersion, memberEdit, nextVersion } from './server-version.ts'

/** One text for what is absent, open, blocked to the caller, or another patient's. */
const nothingToReactivate = fail('refusedByRule', 'expected a closed record that you may reactivate, found none')

/** What keeps the caller from opening the record again; undefined when nothing does. */
function failedBy({ principal }: Call, facts: Facts, at: { before: Current; now: number }): ConditionId | undefined {
  if (facts.open) return 'record-open'
  if (saysDeath(at.before.resource) !== (principal.kind === 'operator')) return 'kind-may-enter'
  if (principal.kind === 'patient' && principal.patient !== facts.patient) return 'own-record'
  return principal.kind === 'professional' && blocked(principal, facts, at.now) ? 'not-blocked' : undefined
}

const refusesRecord = ({ resource }: Current): boolean => {
  const rule = readConsent(resource)
  return resource.status === 'active' && rule.ok && rule.value.kind === 'opened' && rule.value.effect === 'deny'
}

/** The Consents by which the holder refused the record, which no longer hold. */
async function refusals(context: Context, patient: string): Promise<readonly Current[]> {
  const restriction = systemRestriction('current version of an update', { collection: 'record', patient })
  const order = { by: '_id', descending: false } as const
  const rows = await context.store.page({ restriction, type: 'Consent', query: everything, order, limit: 10_000 })
  const current = await Promise.all(rows.map(({ _id }) => context.store.stored(restriction, 'Consent', _id)))
  return current.filter(each => each !== undefined).filter(refusesRecord)
}

async function reopening(context: Context, call: Call, agreement: Agreement): Promise<Result<LifeChange>> {
  const place = await locate(context, 'Patient', call.id ?? '')
  const patient = place?.patient ?? ''
  const facts = await context.store.facts(patient)
  const before = facts && (await currentOf(context, { patient, type: 'Patient', _id: patient }))
  if (facts === undefined || before === undefined || facts.patient !== patient)
    return refuse(context, call, { failure: nothingToReactivate, patient: null, failed: 'record-exists' })
  const failed = failedBy(call, facts, { before, now: context.now() })
  if (failed !== undefined) return refuse(context, call, { failure: nothingToReactivate, patient, failed })
  const write = nextVersion(context, before, (text, root) => [
    memberEdit(root, 'active', 'true'),
    ...reopeningEdits(text, root),
  ])
  const inactive = (await refusals(context, patient)).map(each =>
    nextVersion(context, each, (_text, root) => [memberEdit(root, 'status', '"inactive"')]),
  )
  const resource = consentOf(agreement, `Patient/${before.entry.id}`, call.principal)
  const consent = firstVersion(context, { patient, resource, depositor: depositorOf(call.principal) })
  const reply = { status: 200, headers: versionHeaders(write.row), body: sentence('the record is open again') }
  return ok({ patient, writes: [write, ...inactive, consent], basis: 'reactivated', reply })
}

export async function reactivate(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, 'reactivate')
  if (closed !== undefined) return closed
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const agreement = agreementIn(parameters.value, context)
  return agreement.ok ? commitLife(context, call, () => reopening(context, call, agreement.value)) : agreement
}
