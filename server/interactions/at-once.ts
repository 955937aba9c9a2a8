/** Works on many things, some at a time, so that one large request does not take every connection to the database. */
import { ok, type Result } from '../../resources/outcome.ts'

/** How many things are worked on at once. */
const atOnce = 8

/** @returns the values in the order of `items`; the first failure in that order, and then nothing later is begun. */
export async function allAtOnce<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result<Value>>,
): Promise<Result<readonly Value[]>> {
  const values: Value[] = []
  for (let from = 0; from < items.length; from += atOnce) {
    for (const result of await Promise.all(items.slice(from, from + atOnce).map(work))) {
      if (!result.ok) return result
      values.push(result.value)
    }
  }
  return ok(values)
}
