/** Text as XML writes it. https://www.w3.org/TR/xml/#charsets */

/** What no XML 1.0 can hold, however it is written. */
const impossible = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu

/** Its place is kept by the sign for a character that cannot be shown. */
const unshown = '\ufffd'

export const possible = (text: string): string => text.replace(impossible, unshown)

const special = /[&<"\t\n\r]/
const specials = /[&<"\t\n\r]/g

/** White space but for blanks would come back as blanks. https://www.w3.org/TR/xml/#AVNormalize */
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** The text between the quotation marks of an attribute. */
export const attributeText = (text: string): string => {
  const shown = possible(text)
  return special.test(shown) ? shown.replace(specials, mark => references[mark] ?? mark) : shown
}

/** The text between tags. */
export const elementText = (text: string): string =>
  possible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
