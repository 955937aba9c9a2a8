/** What a write asks of the version that stands, by the headers of its request. https://www.rfc-editor.org/rfc/rfc9110#section-13 */
import type { Preferences } from '../interaction.ts'
import type { Item } from './item.ts'

const fixed = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
const rfc850 = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** Milliseconds since 1970 of a time in one of the three forms of HTTP; undefined for what is none. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
function httpDate(text: string): number | undefined {
  const isFixed = fixed.test(text)
  if (!isFixed && !rfc850.test(text) && !asctime.test(text)) return undefined
  const at = Date.parse(isFixed || text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) || (isFixed && new Date(at).toUTCString() !== text) ? undefined : at
}

/** @returns the conditions; a time is none beside `If-Match`, which says more, or where it is no time of HTTP. */
export function conditionsOf({
  ifMatch,
  ifNoneMatch,
  ifUnmodifiedSince,
}: Preferences): Pick<Item, 'ifMatch' | 'ifNoneMatch' | 'unmodifiedSince'> {
  const since = ifMatch === undefined && ifUnmodifiedSince !== undefined ? httpDate(ifUnmodifiedSince) : undefined
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(since === undefined ? {} : { unmodifiedSince: since }),
  }
}
