/** How much of what costs a look at the database each may be written together: counted before anything is asked. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { parseReference } from '../../../resources/reference.ts'
import type { Context } from '../interaction.ts'
import { dataOf } from './attachments.ts'
import type { Item, Written } from './item.ts'

/** Different conditional references: each is a search, at every attempt. */
const mostCriteria = 2000

/** Attachments and Binaries with data: the bytes of each are kept by themselves. */
const mostData = 2000

type Holder = Item & { readonly written: Written }

/** How often `part` stands in a text, `most + 1` at most. What is escaped may be anything. */
function countIn(text: string, part: string, most: number): number {
  if (text.includes('\\u00')) return most + 1
  let count = 0
  for (let at = text.indexOf(part); at >= 0 && count <= most; at = text.indexOf(part, at + part.length)) count += 1
  return count
}

/** Letters that what is counted takes at least, with its braces. */
const leastLetters = 19

/** Whether `part` may stand more often in what is written than it may: found out without a look at each value. Entries of a Bundle share its text. */
function mayExceed(holders: readonly Holder[], part: string, most: number): boolean {
  const texts = holders.map(({ written }) => written.text).filter((text, at, all) => text !== all[at - 1])
  if (texts.reduce((sum, { length }) => sum + length, 0) < most * leastLetters) return false
  let count = 0
  for (const text of texts) {
    count += countIn(text, part, most)
    if (count > most) return true
  }
  return false
}

function checkCriteria(context: Pick<Context, 'base'>, holders: readonly Holder[]): Result<undefined> {
  const different = new Set<string>()
  for (const { written, path } of holders)
    for (const { string } of written.node.strings(['reference'])) {
      const parsed = string.includes('?') ? parseReference(string, context.base) : undefined
      if (parsed?.form === 'conditional') different.add(`${parsed.type}?${parsed.criteria}`)
      if (different.size > mostCriteria)
        return fail(
          'tooCostly',
          `expected at most ${mostCriteria} different conditional references written together, found more; name some by their ids`,
          path,
        )
    }
  return ok(undefined)
}

function checkData(holders: readonly Holder[]): Result<undefined> {
  let left = mostData
  for (const { written, path } of holders) {
    const places = dataOf(written, path)
    const beyond = places[left]
    if (beyond !== undefined)
      return fail(
        'tooCostly',
        `expected at most ${mostData} attachments with data written together, found more; send some of them by themselves`,
        beyond.path,
      )
    left -= places.length
  }
  return ok(undefined)
}

/** @returns nothing; fails with `tooCostly`, at the resource or the data that is too much. */
export function checkBounds(context: Pick<Context, 'base'>, items: readonly Item[]): Result<undefined> {
  const holders = items.filter((item): item is Holder => item.written !== undefined)
  const criteria = mayExceed(holders, '?', mostCriteria) ? checkCriteria(context, holders) : ok(undefined)
  if (!criteria.ok) return criteria
  return mayExceed(holders, '"data"', mostData) ? checkData(holders) : ok(undefined)
}
