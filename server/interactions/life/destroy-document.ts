/** One document with its former versions, its bytes and what was deposited with it alone, for good. `docs/decisions/0033-destroying-a-record.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import type { ConditionId } from '../../../security/decision.ts'
import { decideWith, notFound } from '../access.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { locate, type Place } from '../locate.ts'
import { refuse, traceOf } from '../trail.ts'
import { sentence } from './close.ts'
import { type Current, currentOf } from './server-version.ts'

/** Where it would be, and what is there. */
interface Found {
  readonly patient: string
  readonly _id: string
  readonly current: Current | undefined
}

/** Whether the caller knows of the row: the operator of every one, the holder of those that he sees. Asked of absent ones too, which take no less time. */
async function isVisible(context: Context, call: Call, { patient, _id }: Found): Promise<boolean> {
  const { principal, type } = call
  if (principal.kind === 'operator') return true
  const facts = await context.store.facts(patient)
  const decision = decideWith(context, { principal, type, interaction: 'delete' }, { patient, facts })
  return decision.effect === 'permit' && (await context.store.row(decision.restriction, type, _id)) !== undefined
}

/** What keeps the caller from destroying it: the first is not told. */
async function failedBy(context: Context, call: Call, found: Found | undefined): Promise<ConditionId | undefined> {
  if (found === undefined) return 'record-exists'
  const visible = await isVisible(context, call, found)
  if (found.current === undefined) return 'record-exists'
  if (!visible) return 'visible'
  const { principal } = call
  const isOwn = found.current.labels.depositor === depositorOf(principal)
  return principal.kind === 'operator' || isOwn ? undefined : 'own-deposit'
}

async function foundAt(context: Context, type: string, place: Place | undefined): Promise<Found | undefined> {
  if (place === undefined || place.patient === null) return undefined
  const { _id } = place
  const patient = (await context.store.facts(place.patient))?.patient ?? place.patient
  const current = await currentOf(context, { patient, type, _id })
  return { patient, _id, current }
}

const notYours = fail('accessDenied', 'expected a document that you added yourself, found one of another depositor')

export async function destroyDocument(context: Context, call: Call, basis: string): Promise<Result<Reply>> {
  const place = await locate(context, call.type, call.id ?? '')
  const found = await foundAt(context, call.type, place)
  const failed = await failedBy(context, call, found)
  if (found?.current === undefined || failed !== undefined) {
    const failure = failed === 'own-deposit' ? notYours : notFound(call.type)
    return refuse(context, call, { failure, patient: place?.patient ?? null, ...(failed && { failed }) })
  }
  const { patient, current } = found
  const { id, type, mask, hiddenUntil } = current.row
  const targets = [{ type, id, version: null, documentType: 'other', mask, hiddenUntil }]
  // Lines about it stand in the trails of records that were merged into its own, too.
  const merged = (await context.store.facts(patient))?.merged ?? []
  const trails = [patient, ...merged.map(each => each.patient)]
  const audit = trails.map(each => traceOf(context, call, { patient: each, status: 200, basis, targets }))
  const task = `${patient}/${context.newUlid()}`
  const erasure = { does: 'row', patient, _id: current._id, at: context.now(), task } as const
  const unit = { writes: [], claims: [], releases: [], outbox: [], audit }
  const { outcome } = await context.store.commit({ ...unit, erasure })
  if (outcome !== 'committed') return refuse(context, call, { failure: notFound(type), patient, failed: 'visible' })
  return ok({ status: 200, headers: {}, body: sentence('the document is destroyed') })
}
