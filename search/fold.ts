/** Texts as they are searched: without case, accents and the many forms of a space. https://hl7.org/fhir/R4/search.html#string */

/** Letters that decomposition leaves whole. */
const letters: Readonly<Record<string, string>> = {
  œ: 'oe',
  æ: 'ae',
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}

const plainText = /^[a-z0-9]+(?: [a-z0-9]+)*$/
const marks = /\p{M}+/gu
const whole = /[œæßøłđðþı]/g
/** Spaces, hyphens, dashes and apostrophes, the typographic ones included. */
const separators = /[\s'’‘‛ʼʹ′`´＇\-‐‑‒–—―−_]+/gu

/** Longest text of a key, in UTF-16 units. */
export const longestKeyText = 200

/** The beginning of a text, never with half a character at its end. */
const begin = (text: string): string =>
  text.length <= longestKeyText ? text : text.slice(0, longestKeyText).replace(/[\ud800-\udbff]$/, '')

/** Returns `text` folded: `L’Hôpital-Sud` and `l'hopital sud` are the same. At most `longestKeyText` long. */
export function fold(text: string): string {
  if (plainText.test(text)) return begin(text)
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(marks, '')
    .replace(whole, letter => letters[letter] ?? letter)
    .replace(separators, ' ')
  return begin(folded.trim()).trimEnd()
}

/** FNV-1a, 32 bits: tells long texts apart that begin alike. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16)
}

/** Returns `text` as it fits into a key: a long one is its beginning, its length and a checksum. */
export const fit = (text: string): string =>
  text.length <= longestKeyText ? text : `${begin(text)}…${text.length}:${checksum(text)}`
