/** The escaping of values in a URL: `\,` `\|` `\$` `\\`. https://hl7.org/fhir/R4/search.html#escaping */

/** Cuts at every `separator` that is not escaped; the parts keep their escapes. */
export function splitEscaped(text: string, separator: ',' | '|' | '$'): readonly string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

/** Takes the escapes away; a backslash before any other character stands for itself. */
export const withoutEscapes = (text: string): string => text.replace(/\\([,|$\\])/g, '$1')
