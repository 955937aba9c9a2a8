/** The transaction interaction: all entries or none. https://hl7.org/fhir/R4/http.html#transaction */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import { etagOf, locationOf } from './answer.ts'
import { jsonOfBody } from './body.ts'
import { type EntryRequest, entriesOf } from './bundle-entry.ts'
import { callOf, performEntry, statusLine } from './entry-call.ts'
import { isRead } from './entry-promised.ts'
import { isHeavyEntryOf, isLongInTransaction, tooManyHeavy, withPlace } from './heavy.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { type EntryItems, itemsOf } from './transaction-items.ts'
import { readable } from './transaction-reads.ts'
import type { ApartJson } from './write/data-apart.ts'
import type { Done } from './write/done.ts'
import { performUnit } from './write/unit.ts'
import { nothingToDelete, outcomeOf, preferredBody } from './write-reply.ts'

async function written(context: Context, call: Call, done: Done): Promise<ResponseEntry> {
  const { returns } = call.preferences
  const json = returns === 'representation' ? await preferredBody(context, call, done) : undefined
  return {
    fullUrl: `${context.base}/${done.type}/${done.id}`,
    ...(json === undefined ? {} : { json }),
    response: {
      status: statusLine(done.status),
      ...(done.status === 204 ? {} : { location: locationOf(context, done) }),
      etag: etagOf(done.version),
      lastModified: new Date(done.updated).toISOString(),
      ...(returns === 'OperationOutcome' ? { outcome: outcomeOf(done.status) } : {}),
    },
  }
}

/** A delete whose criteria found nothing, or several resources, which have no version in common. */
const deletedAll = ({ preferences }: Call, isNothing: boolean): ResponseEntry => ({
  response: {
    status: statusLine(204),
    ...(preferences.returns === 'OperationOutcome' ? { outcome: isNothing ? nothingToDelete : outcomeOf(204) } : {}),
  },
})

/** What each entry that writes became: the outcomes of its items. */
type DoneByEntry = ReadonlyMap<EntryRequest, readonly Done[]>

async function answered(
  context: Context,
  call: Call,
  at: { entries: readonly EntryRequest[]; done: DoneByEntry },
): Promise<readonly ResponseEntry[]> {
  const responses: ResponseEntry[] = []
  for (const entry of at.entries) {
    const [done, another] = at.done.get(entry) ?? []
    if (isRead(entry)) responses.push(await performEntry(context, callOf(call, entry), entry))
    else if (done === undefined || another !== undefined) responses.push(deletedAll(call, done === undefined))
    else responses.push(await written(context, call, done))
  }
  return responses
}

/** Performs the items of all entries together, and tells them apart again. */
async function perform(context: Context, call: Call, items: readonly EntryItems[]): Promise<Result<DoneByEntry>> {
  const all = items.flatMap(([, each]) => each)
  const performed = all.length === 0 ? ok([]) : await performUnit(context, call, all)
  if (!performed.ok) return performed
  const done = new Map<EntryRequest, readonly Done[]>()
  let from = 0
  for (const [entry, each] of items) {
    done.set(entry, performed.value.slice(from, from + each.length))
    from += each.length
  }
  return ok(done)
}

async function performAll(
  context: Context,
  call: Call,
  at: { readonly json: ApartJson; readonly entries: readonly EntryRequest[] },
): Promise<Result<Reply>> {
  const items = await itemsOf(context, call, at)
  if (!items.ok) return items
  const read = await readable(context, call, { entries: at.entries, items: items.value })
  if (!read.ok) return read
  const done = await perform(context, call, items.value)
  if (!done.ok) return done
  const responses = await answered(context, call, { entries: at.entries, done: done.value })
  return ok({ status: 200, headers: {}, body: responseBundle({ type: 'transaction-response', entries: responses }) })
}

/** One that asks for heavy answers is a heavy request itself. */
export async function transaction(context: Context, call: Call): Promise<Result<Reply>> {
  const json = jsonOfBody(call)
  if (!json.ok) return json
  const entries = entriesOf(json.value, context)
  if (!entries.ok) return entries
  const isHeavyEntry = isHeavyEntryOf(context, call)
  const isHeavy = entries.value.some(entry => isHeavyEntry(entry) || isLongInTransaction(entry))
  const leave = isHeavy ? context.heavy.enter(call.principal) : () => undefined
  if (leave === undefined) return tooManyHeavy
  try {
    return await performAll(isHeavy ? withPlace(context) : context, call, { json: json.value, entries: entries.value })
  } finally {
    leave()
  }
}
