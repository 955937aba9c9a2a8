/** The batch interaction: each entry on its own. https://hl7.org/fhir/R4/http.html#transaction */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import { failAll, ok, type Result } from '../../resources/outcome.ts'
import { allAtOnce } from './at-once.ts'
import { faultsOf, jsonOfBatch } from './body.ts'
import { type EntryRead, type EntryRequest, isComplaint, readEntries, repeated } from './bundle-entry.ts'
import { callOf, failed, performEntry } from './entry-call.ts'
import { failEntries } from './entry-complaint.ts'
import { isHeavyEntryOf, tooManyHeavy } from './heavy.ts'
import type { Call, Context, Reply } from './interaction.ts'

/** The order in which a batch with the same resource in several entries has an outcome that can be told. */
const order = [['DELETE'], ['POST'], ['PUT', 'PATCH'], ['GET', 'HEAD']] as const

export async function batch(context: Context, call: Call): Promise<Result<Reply>> {
  const json = jsonOfBatch(call)
  if (!json.ok) return json
  const entries = readEntries(json.value, 'batch', {
    base: context.base,
    catalog: context.catalog,
    faults: faultsOf(call),
  })
  if (!entries.ok) return entries
  const answers = new Map<EntryRead, ResponseEntry>()
  for (const entry of entries.value) if (isComplaint(entry)) answers.set(entry, failed(failEntries([entry]).failure))
  const performable = entries.value.filter((entry): entry is EntryRequest => !isComplaint(entry))
  const same = repeated(performable)
  if (same !== undefined) return failAll('malformedBody', [same])
  const perform = async (entry: EntryRequest): Promise<Result<void>> => {
    answers.set(entry, await performEntry(context, callOf(call, entry, json.value), entry))
    return ok(undefined)
  }
  const heavy = new Set(performable.filter(isHeavyEntryOf(context, call)))
  const leave = heavy.size === 0 ? () => undefined : context.heavy.enter(call.principal)
  if (leave === undefined) return tooManyHeavy
  try {
    for (const methods of order) {
      const group = performable.filter(({ method }) => methods.some(each => each === method))
      await allAtOnce(
        group.filter(entry => !heavy.has(entry)),
        perform,
      )
      for (const entry of group) if (heavy.has(entry)) await perform(entry)
    }
  } finally {
    leave()
  }
  const responses = entries.value.flatMap(entry => answers.get(entry) ?? [])
  return ok({ status: 200, headers: {}, body: responseBundle({ type: 'batch-response', entries: responses }) })
}
