/** Gives all items of a unit their rows, each row to one item. https://hl7.org/fhir/R4/http.html#trules */
import { fail, type Result } from '../../../resources/outcome.ts'
import { allAtOnce } from '../at-once.ts'
import type { Context } from '../interaction.ts'
import { locateAll } from '../locate.ts'
import type { Item, Settled } from './item.ts'
import { becomesSomebodys } from './kept-outside.ts'
import { settle } from './settle.ts'
import type { Settling } from './settling.ts'

/** @returns `_id`s of the rows that the items delete. */
export async function deletedBy(context: Context, items: readonly Item[]): Promise<ReadonlySet<string>> {
  const deleted = items.flatMap(({ method, type, id }) =>
    method === 'DELETE' && id !== undefined ? [{ type, id }] : [],
  )
  const places = deleted.length === 0 ? [] : (await locateAll(context, deleted)).values()
  return new Set([...places].map(({ _id }) => _id))
}

/** What an item alone may write: its row, the id that the client chose for it, and what its condition guards. */
const ownedBy = ({ item, id, _id, chosen, guard }: Settled): readonly string[] => [
  `row ${_id}`,
  ...(chosen ? [`id ${item.type}/${id}`] : []),
  ...(guard === undefined ? [] : [`condition ${guard.key}`]),
]

/** The first item that writes what an item before it writes too. */
function repeated(all: readonly Settled[]): Settled | undefined {
  const owned = new Set<string>()
  return all.find(settled => {
    if (settled.existing !== undefined) return false
    const own = ownedBy(settled)
    const isTaken = own.some(name => owned.has(name))
    for (const name of own) owned.add(name)
    return isTaken
  })
}

/** Two new Patients of one transaction would be the one of its record. */
const sentenceOf = ({ item }: Settled): string =>
  item.type === 'Patient' && item.method === 'POST'
    ? 'expected one Patient in a transaction, which is about one record, found two'
    : 'expected each resource once in a transaction, found it twice'

/** @returns the items with their rows, in order; 422 where two write the same resource, or one gives a patient to what is nobody's. */
export async function settleAll(settling: Settling, items: readonly Item[]): Promise<Result<readonly Settled[]>> {
  const settled = await allAtOnce(items, item => settle(settling, item))
  if (!settled.ok) return settled
  const twice = repeated(settled.value)
  if (twice !== undefined) return fail('invalidResource', sentenceOf(twice), twice.item.path)
  return becomesSomebodys(settling, settled.value) ?? settled
}
