/** The vread interaction: a version is judged by its own labels and by the current ones. https://hl7.org/fhir/R4/http.html#vread */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Permit } from '../../security/decision.ts'
import type { Found } from '../store/store.ts'
import { gate, notFound, permitById } from './access.ts'
import { resourceReply } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import type { Place } from './locate.ts'
import { locate } from './locate.ts'
import { askedPart, cut, keepsOf } from './part.ts'
import { standingVersion } from './standing.ts'
import { leaveTrace, refuse, targetOf } from './trail.ts'

/** The version asked for, where both it and what stands now are visible. */
async function visibleVersion(
  { store }: Context,
  { type, version }: Call,
  { place, permit }: { readonly place: Place; readonly permit: Permit },
): Promise<Found | undefined> {
  const asked = /^[1-9]\d{0,8}$/.test(version ?? '') ? Number(version) : undefined
  const { _id } = place
  const current = await standingVersion({ store }, permit.restriction, { type, _id })
  if (current === undefined || asked === undefined) return undefined
  return current.version === asked ? current : store.version(permit.restriction, type, _id, asked)
}

/** Finds the version, and answers as `present` says. */
export async function vreadAs(
  context: Context,
  call: Call,
  present: (row: Found) => Promise<Reply>,
): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const place = await locate(context, call.type, call.id ?? '')
  const patient = place?.patient ?? null
  if (place === undefined)
    return refuse(context, call, { failure: notFound(call.type), patient, failed: 'record-exists' })
  const decided = await permitById(context, call, patient)
  if ('refused' in decided) return decided.refused
  const row = await visibleVersion(context, call, { place, permit: decided.permit })
  if (row === undefined) return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  if (row.deleted) {
    const failure = fail('deleted', `expected a version that exists, found the deletion of this ${call.type}`)
    return refuse(context, call, { failure, patient })
  }
  const reply = await present(row)
  await leaveTrace(context, call, {
    patient,
    status: reply.status,
    outcome: 'success', // of a range beyond it, too: its size was told
    basis: decided.permit.basis,
    told: decided.permit.told,
    targets: [targetOf(row)],
  })
  return ok(reply)
}

export async function vread(context: Context, call: Call): Promise<Result<Reply>> {
  const part = askedPart(context, call)
  if (!part.ok) return part
  const keeps = keepsOf(context, part.value, call.type)
  return vreadAs(context, call, async row => resourceReply(call, row, cut(await wholeJson(context.store, row), keeps)))
}
