/** The entries of a transaction that write, as items in the order in which they are performed. https://hl7.org/fhir/R4/http.html#trules */
import { type Complaint, type FailureKind, fail, failAll, ok, type Result } from '../../resources/outcome.ts'
import { writtenAt } from './body.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { type EntryComplaint, failEntries } from './entry-complaint.ts'
import { entryPatch } from './entry-patch.ts'
import { interactionOf, isRead, promised } from './entry-promised.ts'
import type { Call, Context } from './interaction.ts'
import { nothingThere } from './write/absent.ts'
import { namedBy } from './write/conditional.ts'
import type { ApartJson } from './write/data-apart.ts'
import { conditionOfCreate } from './write/if-none-exist.ts'
import type { Item } from './write/item.ts'
import { mostDeleted, type Target, targetsOf } from './write/targets.ts'

/** Deletes, creates, updates and patches; reads come last. https://hl7.org/fhir/R4/http.html#trules */
const order = [['DELETE'], ['POST'], ['PUT', 'PATCH']] as const

/** The most resources of one transaction, also where a delete finds several. */
const mostItems = 1000

/** An entry with the items that it became: one, and of a conditional delete as many as it found. */
export type EntryItems = readonly [EntryRequest, readonly Item[]]

/** What the statement does not promise. */
function unserved(context: Context, entry: EntryRequest): EntryComplaint | undefined {
  const refused = promised(context.catalog, entry)
  if (refused === undefined || refused.ok) return undefined
  const { kind, complaints } = refused.failure
  const at = { expression: `${entry.path}.request.url`, code: 'not-supported' } as const
  return { ...complaints[0], ...at, kind: kind === 'notServed' ? kind : 'notAllowed' }
}

/** What an entry asks beside its content. */
function baseOf(entry: EntryRequest): Pick<Item, 'path' | 'type' | 'id' | 'fullUrl' | 'ifMatch' | 'ifNoneMatch'> {
  const { type, id, path, fullUrl, ifMatch, ifNoneMatch, method } = entry
  return {
    path: `${path}.resource`,
    type,
    ...(id === undefined ? {} : { id }),
    ...(fullUrl === undefined ? {} : { fullUrl }),
    ...(ifMatch === undefined || method === 'POST' ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined || method === 'POST' ? {} : { ifNoneMatch }),
  }
}

/** What a create asks before it creates, or what an update has in the place of an id. */
function conditionOf({ method, type, ifNoneExist, query }: EntryRequest): Pick<Item, 'ifNoneExist' | 'criteria'> {
  if (method === 'POST') return ifNoneExist === undefined ? {} : { ifNoneExist: conditionOfCreate(type, ifNoneExist) }
  return query === undefined ? {} : { criteria: query }
}

function withContent(context: Context, { text, data }: ApartJson, entry: EntryRequest): Result<Item> {
  const { type, id, resource, method } = entry
  const base = { ...baseOf(entry), method: method === 'POST' ? 'POST' : 'PUT' } as const
  if (resource === undefined) throw new Error('an entry that writes without a resource')
  const written = writtenAt(context, { text, ...(data && { data }), ...resource }, { type, path: base.path })
  if (!written.ok) return written
  if (id !== undefined && written.value.resource.id !== id)
    return fail('malformedBody', 'expected the id of the URL in the resource, found another or none', `${base.path}.id`)
  return ok({ ...base, written: written.value, ...conditionOf(entry) })
}

/** What criteria in the URL of a delete or a patch mean; the entry's own id where there are none. */
async function addresses(
  context: Context,
  call: Call,
  entry: EntryRequest,
): Promise<Result<readonly (Target | undefined)[]>> {
  const { type, query, method, path } = entry
  if (query === undefined) return ok([undefined])
  const multiple = method === 'DELETE' && context.catalog.types.get(type)?.conditionalDelete === 'multiple'
  const most = multiple ? mostDeleted : 1
  const asked = { ...call, interaction: interactionOf(entry) } as const
  const url = `${path}.request.url`
  const targets = await targetsOf(context, asked, { type, criteria: query, most, path: url })
  return targets.ok ? targets : namedBy(url, targets.failure)
}

async function itemsOfEntry(
  context: Context,
  call: Call,
  { json, entry }: { readonly json: ApartJson; readonly entry: EntryRequest },
): Promise<Result<readonly Item[]>> {
  const { method } = entry
  if (method === 'POST' || method === 'PUT') {
    const item = withContent(context, json, entry)
    return item.ok ? ok([item.value]) : item
  }
  const patch = method === 'PATCH' ? entryPatch(json, entry) : ok(undefined)
  if (!patch.ok) return patch
  const item: Item =
    patch.value === undefined
      ? { ...baseOf(entry), method: 'DELETE' }
      : { ...baseOf(entry), method: 'PUT', patch: patch.value }
  const targets = await addresses(context, call, entry)
  if (!targets.ok) return targets
  if (targets.value.length === 0 && patch.value !== undefined) return nothingThere(item)
  return ok(targets.value.map(target => ({ ...item, ...target })))
}

/** @returns the entries that write, with their items, in the order in which they are performed; every complaint about every entry. */
export async function itemsOf(
  context: Context,
  call: Call,
  { json, entries }: { readonly json: ApartJson; readonly entries: readonly EntryRequest[] },
): Promise<Result<readonly EntryItems[]>> {
  const [not, ...more] = entries.flatMap(entry => unserved(context, entry) ?? [])
  if (not !== undefined) return failEntries([not, ...more])
  const items: EntryItems[] = []
  const complaints: Complaint[] = []
  let kind: FailureKind = 'invalidResource'
  const writing = entries.filter(entry => !isRead(entry))
  for (const methods of order)
    for (const entry of writing.filter(({ method }) => methods.some(each => each === method))) {
      const made = await itemsOfEntry(context, call, { json, entry })
      if (made.ok) items.push([entry, made.value])
      else if (made.failure.kind === 'malformedBody' || made.failure.kind === 'invalidResource') {
        if (complaints.length === 0) kind = made.failure.kind
        complaints.push(...made.failure.complaints)
      } else return made
    }
  const [first, ...others] = complaints
  if (items.reduce((sum, [, each]) => sum + each.length, 0) > mostItems)
    return fail(
      'tooCostly',
      `expected at most ${mostItems} resources that are written together, found more`,
      'Bundle.entry',
    )
  return first === undefined ? ok(items) : failAll(kind, [first, ...others])
}
