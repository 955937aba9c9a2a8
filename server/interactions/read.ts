/** The read interaction. https://hl7.org/fhir/R4/http.html#read */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Permit } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import { stillItself } from '../merged-meanwhile.ts'
import type { Found } from '../store/store.ts'
import { gate, notFound, permitById } from './access.ts'
import { resourceReply } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { locate, type Place } from './locate.ts'
import { askedPart, cut, keepsOf } from './part.ts'
import { visibleTombstone } from './standing.ts'
import { leaveTrace, refuse, targetOf } from './trail.ts'

/** A row that the caller may see, with why; or the answer to give instead, already in the trail. */
export type Visible =
  | { readonly row: Found; readonly permit: Permit; readonly place: Place; readonly facts: Facts | undefined }
  | { readonly refused: Result<never> }

/** Finds the current version of `call.type/call.id` within what the caller may see. */
export async function visibleRow(context: Context, call: Call): Promise<Visible> {
  const closed = await gate(context, call)
  if (closed !== undefined) return { refused: closed }
  const place = await locate(context, call.type, call.id ?? '')
  if (place === undefined)
    return {
      refused: await refuse(context, call, { failure: notFound(call.type), patient: null, failed: 'record-exists' }),
    }
  const decided = await permitById(context, call, place.patient)
  if ('refused' in decided) return decided
  const { permit, facts } = decided
  const row =
    (await context.store.row(permit.restriction, call.type, place._id)) ??
    (await replaced(context, call, { place, permit, facts }))
  if (row !== undefined) return { row, ...decided, place }
  await stillItself(context.store, facts)
  return { refused: await absent(context, call, { place, permit: decided.permit }) }
}

/** The Patient of a record that was merged into another, to read its link to the one that goes on: whoever sees that one sees this one. */
async function replaced(
  { store }: Context,
  { type, operation }: Call,
  { place, permit, facts }: { readonly place: Place; readonly permit: Permit; readonly facts: Facts | undefined },
): Promise<Found | undefined> {
  const isMerged = facts !== undefined && place.patient !== null && facts.patient !== place.patient
  if (!isMerged || type !== 'Patient' || operation !== undefined) return undefined
  if ((await store.row(permit.restriction, type, facts.patient)) === undefined) return undefined
  const former = systemRestriction('resolve identifiers', { collection: 'record', patient: place.patient })
  return store.row(former, type, place._id)
}

/** 410 to those who could see what was deleted, 404 to all others. https://hl7.org/fhir/R4/http.html#delete */
async function absent(
  context: Context,
  call: Call,
  { place, permit }: { readonly place: Place; readonly permit: Permit },
): Promise<Result<never>> {
  const buried = { type: call.type, _id: place._id }
  const tombstone = await visibleTombstone(context, permit.restriction, buried)
  const failure =
    tombstone === undefined
      ? notFound(call.type)
      : fail('deleted', `expected a ${call.type} that exists, found one that was deleted`)
  return refuse(context, call, { failure, patient: place.patient, failed: 'visible' })
}

export async function read(context: Context, call: Call): Promise<Result<Reply>> {
  const part = askedPart(context, call)
  if (!part.ok) return part
  const found = await visibleRow(context, call)
  if ('refused' in found) return found.refused
  const json = await wholeJson(context.store, found.row)
  const reply = resourceReply(call, found.row, cut(json, keepsOf(context, part.value, call.type)))
  await leaveTrace(context, call, {
    patient: found.place.patient,
    status: reply.status,
    basis: found.permit.basis,
    told: found.permit.told,
    targets: [targetOf(found.row)],
  })
  return ok(reply)
}
