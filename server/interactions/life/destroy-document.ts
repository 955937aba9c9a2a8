/** One document with its former versions, its bytes and what was deposited with it alone, for good: also when it was deleted before. `docs/decisions/0033-destroying-a-record.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { scalar } from '../../../search/query.ts'
import { depositorOf } from '../../../security/actors.ts'
import type { ConditionId } from '../../../security/decision.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import { decideWith, notFound } from '../access.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { locate, type Place } from '../locate.ts'
import { standingVersion } from '../standing.ts'
import { refuse, traceOf } from '../trail.ts'
import { sentence } from './close.ts'

/** Where it would be, and what is there: the document, or that it was deleted. */
interface Looked {
  readonly patient: string
  readonly type: string
  readonly _id: string
  readonly stands: Found | undefined
}

const everythingOf = (patient: string) => systemRestriction('destroy', { collection: 'record', patient })

/** Whether the caller knows of the row: the operator of every one, the holder of those that he sees. Asked of absent ones too, which take no less time. */
async function isVisible(context: Context, call: Call, { patient, _id }: Looked): Promise<boolean> {
  const { principal, type } = call
  if (principal.kind === 'operator') return true
  const facts = await context.store.facts(patient)
  const decision = decideWith(context, { principal, type, interaction: 'delete' }, { patient, facts })
  if (decision.effect !== 'permit') return false
  return (await standingVersion(context, decision.restriction, { type, _id })) !== undefined
}

/** What keeps the caller from destroying it: the first is not told. */
async function failedBy(context: Context, call: Call, found: Looked | undefined): Promise<ConditionId | undefined> {
  if (found === undefined) return 'record-exists'
  const visible = await isVisible(context, call, found)
  if (found.stands === undefined) return 'record-exists'
  if (!visible) return 'visible'
  return call.principal.kind === 'operator' || (await isOwn(context, call, found)) ? undefined : 'own-deposit'
}

/** A deletion has the depositor of what it buries. */
async function isOwn({ store }: Context, { principal }: Call, { patient, type, _id }: Looked): Promise<boolean> {
  const query = scalar('depositor', depositorOf(principal))
  return (await store.standing([{ restriction: everythingOf(patient), type, query }], [_id])).length > 0
}

async function foundAt(context: Context, type: string, place: Place | undefined): Promise<Looked | undefined> {
  if (place === undefined || place.patient === null) return undefined
  const { _id } = place
  const patient = (await context.store.facts(place.patient))?.patient ?? place.patient
  const stands = await standingVersion(context, everythingOf(patient), { type, _id })
  return { patient, type, _id, stands }
}

const notYours = fail('accessDenied', 'expected a document that you added yourself, found one of another depositor')

export async function destroyDocument(context: Context, call: Call, basis: string): Promise<Result<Reply>> {
  const place = await locate(context, call.type, call.id ?? '')
  const found = await foundAt(context, call.type, place)
  const failed = await failedBy(context, call, found)
  if (found?.stands === undefined || failed !== undefined) {
    const failure = failed === 'own-deposit' ? notYours : notFound(call.type)
    return refuse(context, call, { failure, patient: place?.patient ?? null, ...(failed && { failed }) })
  }
  const { patient, stands } = found
  const { id, type, mask, hiddenUntil } = stands
  const targets = [{ type, id, version: null, documentType: 'other', mask, hiddenUntil }]
  // Lines about it stand in the trails of records that were merged into its own, too.
  const merged = (await context.store.facts(patient))?.merged ?? []
  const trails = [patient, ...merged.map(each => each.patient)]
  const audit = trails.map(each => traceOf(context, call, { patient: each, status: 200, basis, targets }))
  const task = `${patient}/${context.newUlid()}`
  const erasure = { does: 'row', patient, _id: stands._id, at: context.now(), task } as const
  const unit = { writes: [], claims: [], releases: [], outbox: [], audit }
  const { outcome } = await context.store.commit({ ...unit, erasure })
  if (outcome !== 'committed') return refuse(context, call, { failure: notFound(type), patient, failed: 'visible' })
  return ok({ status: 200, headers: {}, body: sentence('the document is destroyed') })
}
