/**
 * The reads of a transaction, looked at before anything is written: one that fails fails all.
 * `docs/decisions/0043-a-read-that-fails-fails-the-transaction.md`, https://hl7.org/fhir/R4/http.html#trules
 */
import { type Complaint, type Failure, fail, failAll, ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { refuseWide } from '../../search/too-wide.ts'
import type { Decision } from '../../security/decision.ts'
import { decideIn, decideWith } from './access.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { refusedChain } from './chains.ts'
import { callOf } from './entry-call.ts'
import { isRead } from './entry-promised.ts'
import type { Call, Context } from './interaction.ts'
import { locate } from './locate.ts'
import { isAcross } from './open-records.ts'
import { askedPart } from './part.ts'
import { reachOf } from './patient-names.ts'
import { recordOf } from './permitted-search.ts'
import { openSearch } from './search-link.ts'
import { asksTotal } from './search-type.ts'
import { openTypesSearch } from './search-types.ts'
import { standingVersion } from './standing.ts'
import { refuse } from './trail.ts'
import { isTrailSound } from './trail-looks.ts'
import type { EntryItems } from './transaction-items.ts'
import { isFound } from './updated-by-criteria.ts'
import { asksKept } from './value-sets.ts'
import type { Item } from './write/item.ts'

/** What the transaction does to resources that are named by their ids, and what it writes by criteria alone. */
interface Written {
  readonly kept: ReadonlySet<string>
  readonly deleted: ReadonlySet<string>
  readonly byCriteria: readonly Item[]
  readonly all: readonly Item[]
}

function writtenBy(entries: readonly EntryItems[]): Written {
  const [kept, deleted] = [new Set<string>(), new Set<string>()]
  const byCriteria: Item[] = []
  const all = entries.flatMap(([, items]) => items)
  // What is created has an id that nobody knows yet, whatever its resource says.
  for (const item of all) {
    const id = item.id ?? item.written?.resource.id
    if (item.method === 'POST') continue
    if (id === undefined) byCriteria.push(item)
    else (item.method === 'DELETE' ? deleted : kept).add(`${item.type}/${id}`)
  }
  return { kept, deleted, byCriteria, all }
}

/** Whether what is asked by its id is there and may be seen, without a line in the trail: it is read when all is written. */
async function isThere(context: Context, call: Call): Promise<boolean> {
  const { type, id = '', version, interaction } = call
  const place = await locate(context, type, id)
  if (place === undefined) return false
  const decision = await decideIn(context, call, place.patient)
  if (decision.effect === 'deny') return false
  const { restriction } = decision
  const standing = await standingVersion(context, restriction, { type, _id: place._id })
  if (standing === undefined || version === undefined)
    return standing !== undefined && (interaction !== 'read' || !standing.deleted)
  const number = Number(version)
  const row =
    standing.version === number || !Number.isSafeInteger(number)
      ? standing
      : await context.store.version(restriction, type, place._id, number)
  return row !== undefined && String(row.version) === version && !row.deleted
}

/** Whether a version is the next of a resource, which the transaction writes: none that comes later can be read in it. */
async function isNext(context: Context, call: Call): Promise<boolean> {
  const { type, id = '', version } = call
  const place = await locate(context, type, id)
  // Who does not choose ids writes nothing there, and is told what he is told of what is hidden.
  if (place === undefined) return version === '1' && context.regime.choosesIds(call.principal, type)
  const decision = await decideIn(context, call, place.patient)
  if (decision.effect === 'deny') return false
  const standing = await standingVersion(context, decision.restriction, { type, _id: place._id })
  return standing !== undefined && version === String(standing.version + 1)
}

/** Whether a search is answered, be it with nothing: what the token does not cover is refused. */
const isCovered = (decision: Decision): boolean => decision.effect === 'permit' || decision.because !== 'token'

/** Whether a search of one type names whom it has to name, and the token covers where it looks. */
async function isWithinReach(context: Context, call: Call, request: SearchRequest): Promise<boolean> {
  const asked: Call = { ...call, type: request.type, interaction: 'search-type' }
  const reach = await reachOf(context, asked, request)
  if (!reach.ok || asksKept(request) || refusedChain(context, asked, request) !== undefined) return false
  const record = recordOf(reach.value)
  if (record !== null && record !== 'every') return isCovered(await decideIn(context, asked, record))
  if (refuseWide(request.query) !== undefined || request.chains.length > 0) return false
  if (reach.value.records === 'every' && asksTotal(request) && isAcross(context, record)) return false
  if (record === null) return true
  if (context.regime.onePatient && call.interaction === 'search-system') return false
  return decideWith(context, asked, { patient: record, facts: undefined }).effect === 'permit'
}

/** Whether a search can be answered, whatever it finds. */
async function isAnswerable(context: Context, call: Call): Promise<boolean> {
  if (call.interaction !== 'search-system') {
    const opened = openSearch(context, call)
    return opened.ok && isWithinReach(context, call, opened.value.request)
  }
  const opened = openTypesSearch(context, call)
  if (!opened.ok || 'denial' in opened.value) return false
  const { requests } = opened.value
  return (await Promise.all(requests.map(request => isWithinReach(context, call, request)))).every(isSo => isSo)
}

const isSearch = ({ interaction }: Call): boolean => interaction === 'search-type' || interaction === 'search-system'

/** What is performed to know whether it can be answered: to look would be no less. */
const isPerformedFirst = ({ interaction }: Call): boolean =>
  interaction === 'capabilities' || interaction === 'history-type' || interaction === 'history-system'

/** Whether nothing is known against the read. The trail is no resource that a write could touch. */
async function isSound(context: Context, call: Call, written: Written): Promise<boolean> {
  const { principal, interaction, type, id } = call
  if (isPerformedFirst(call)) return false
  const reached = { principal, interaction, type, now: context.now() }
  if (interaction !== 'search-system' && context.regime.gate(reached) !== undefined) return false
  if (type === 'AuditEvent') return isTrailSound(context, call)
  if (isSearch(call)) return isAnswerable(context, call)
  const isPlain = interaction === 'history-instance' || askedPart(context, call).ok
  if (!isPlain) return false
  const isKept = written.kept.has(`${type}/${id}`)
  if (isKept && (interaction !== 'vread' || (await isNext(context, call)))) return true
  if (await isThere(context, call)) return true
  const { byCriteria, all } = written
  return interaction === 'vread' && (await isFound(context, call, { byCriteria, all })) && isNext(context, call)
}

const inEntry = ({ path }: EntryRequest, { kind, complaints: [first, ...others] }: Failure): Result<never> => {
  const named = (complaint: Complaint): Complaint => ({ ...complaint, expression: `${path}.request.url` })
  return failAll(kind, [named(first), ...others.map(named)])
}

/** A read of what the same transaction deletes: whether there is such a resource is not looked at. */
async function goneBy(context: Context, asked: Call, entry: EntryRequest): Promise<Result<never>> {
  const sentence = `expected a ${asked.type} that this transaction does not delete, found one that it does`
  const refused = await refuse(context, asked, { failure: fail('deleted', sentence), patient: null })
  return refused.ok ? refused : inEntry(entry, refused.failure)
}

/**
 * @returns nothing when every read can be answered; else the failure of the first that cannot, which is performed so that
 * it leaves the line of a refusal in the trail as it would alone.
 */
export async function readable(
  context: Context,
  call: Call,
  at: { readonly entries: readonly EntryRequest[]; readonly items: readonly EntryItems[] },
): Promise<Result<undefined>> {
  const reads = at.entries.filter(isRead)
  if (reads.length === 0) return ok(undefined)
  const written = writtenBy(at.items)
  for (const entry of reads) {
    const asked = callOf(call, entry)
    const { type, id = '' } = asked
    if (asked.interaction === 'read' && written.deleted.has(`${type}/${id}`)) return goneBy(context, asked, entry)
    if (await isSound(context, asked, written)) continue
    const answer = await context.performers[asked.interaction](context, asked)
    if (!answer.ok) return inEntry(entry, answer.failure)
  }
  return ok(undefined)
}
