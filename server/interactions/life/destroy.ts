/** `$destroy`: of one document by who added it, of a record by its holder within three months, of both by the operator for a reason. `docs/decisions/0033-destroying-a-record.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { monthsAfter } from '../../../security/calendar.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { operationParameters } from '../operation-parameters.ts'
import { insKey } from '../patient-names.ts'
import { traceOf } from '../trail.ts'
import { insOf } from '../write/ins.ts'
import { valueIn } from './agreement.ts'
import { sentence } from './close.ts'
import { closingEdits } from './closing-extension.ts'
import { commitLife, type LifeChange } from './commit-life.ts'
import { destroyDocument } from './destroy-document.ts'
import { gateLife, recordOfLife } from './life-access.ts'
import { type Current, currentOf, memberEdit, nextVersion } from './server-version.ts'

/** What an operator may give as a reason: a word, so that nothing of the content is written down with it. † */
const reasons: readonly string[] = ['DEMANDE_TITULAIRE', 'MOTIF_LEGITIME', 'DECISION_JUSTICE']

/** Within so many months a request is granted. Code de la santé publique, R.1111-36 */
const monthsToDestroy = 3

function closed(context: Context, before: Current) {
  const closing = { reason: 'FERMETURE_DEMANDE_PATIENT', text: undefined, at: context.now(), zone: context.zone }
  return nextVersion(context, before, (text, root) => [
    memberEdit(root, 'active', 'false'),
    ...closingEdits(text, root, closing),
  ])
}

/** The holder asks: the record is closed at once, and may be opened again until it is destroyed. */
async function requested(context: Context, call: Call): Promise<Result<LifeChange>> {
  const record = await recordOfLife(context, call)
  if (!record.ok) return record
  const { patient, facts } = record.value
  const before = await currentOf(context, { patient, type: 'Patient', _id: patient })
  const destroyAt = monthsAfter(context.now(), monthsToDestroy, context.zone)
  const said = `the record is closed, and is destroyed on ${new Date(destroyAt).toISOString()} unless it is opened again`
  const reply = { status: 202, headers: {}, body: sentence(said) }
  const writes = facts.open && before !== undefined ? [closed(context, before)] : []
  return ok({ patient, writes, basis: 'destruction requested', destroyAt, reply })
}

/** The operator destroys: nothing is readable from now on, and a job takes away what there is. */
async function begun(context: Context, call: Call, reason: string): Promise<Result<Reply>> {
  const record = await recordOfLife(context, call)
  if (!record.ok) return record
  const { patient } = record.value
  await beginDestruction(context, call, { patient, basis: reason, ifDue: false })
  return ok({
    status: 202,
    headers: {},
    body: sentence('the destruction has begun; nothing of the record is readable'),
  })
}

/** @returns whether the destruction of the record has begun: not when it is not due, or was begun before. */
export async function beginDestruction(
  context: Context,
  call: Call,
  { patient, basis, ifDue }: { readonly patient: string; readonly basis: string; readonly ifDue: boolean },
): Promise<boolean> {
  const before = await currentOf(context, { patient, type: 'Patient', _id: patient })
  const ins = before === undefined ? undefined : insOf(before.resource)
  const keys = ins === undefined ? [] : [insKey(context, ins.system, ins.value)]
  const erasure = { does: 'record', patient, keys, at: context.now(), ifDue } as const
  // What was merged into the record goes with it, and each of the trails says so.
  const merged = (await context.store.facts(patient))?.merged ?? []
  const trails = [patient, ...merged.map(each => each.patient)]
  const audit = trails.map(each => traceOf(context, call, { patient: each, status: 202, basis }))
  const unit = { writes: [], claims: [], releases: [], outbox: [] }
  return (await context.store.commit({ ...unit, audit, erasure })).outcome === 'committed'
}

function reasonOf(call: Call): Result<string> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const reason = valueIn(parameters.value, 'reason')
  if (call.principal.kind !== 'operator') return ok('destroyed by who added it')
  if (reason !== undefined && reasons.includes(reason)) return ok(reason)
  return fail('badParameter', `expected reason to be one of ${reasons.join(', ')}`, 'http.reason')
}

export async function destroy(context: Context, call: Call): Promise<Result<Reply>> {
  const refused = await gateLife(context, call, 'destroy')
  if (refused !== undefined) return refused
  const reason = reasonOf(call)
  if (!reason.ok) return reason
  if (call.type !== 'Patient') return destroyDocument(context, call, reason.value)
  return call.principal.kind === 'operator'
    ? begun(context, call, reason.value)
    : commitLife(context, call, () => requested(context, call))
}
