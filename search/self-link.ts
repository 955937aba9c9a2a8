/** The query of a searchset's self link: what was applied, in order. https://hl7.org/fhir/R4/search.html#conformance */

/** Kept readable: R4 writes them so in its own examples, and no part of a query needs them encoded. */
const readable: ReadonlyMap<string, string> = new Map([
  ['%3A', ':'],
  ['%2F', '/'],
  ['%2C', ','],
  ['%7C', '|'],
])

/** A lone surrogate has no encoding: it becomes U+FFFD. */
const encode = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /%(?:3A|2F|2C|7C)/g,
    code => readable.get(code) ?? code,
  )

/** Returns `a=1&b=2`, percent-encoded, without a question mark; '' when nothing was applied. */
export const queryString = (applied: readonly (readonly [string, string])[]): string =>
  applied.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
