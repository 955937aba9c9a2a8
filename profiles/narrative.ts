/**
 * The XHTML of a narrative: well formed, with R4's elements and attributes alone, and nothing that a browser would run.
 * https://hl7.org/fhir/R4/narrative.html#Narrative
 */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const elements = words(
  'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var',
)

const attributes = words(
  'abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xml:lang xmlns',
)

const links = words('cite href longdesc src')
const schemes = words('http https mailto tel urn')

/** A tag: closing slash, name, attributes, slash of an empty element. */
const markup = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z:_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,64})\s*(\/?)>/y
const attribute = /([A-Za-z:_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** Whether a link leads to a page or to a place of the same document. What hides its scheme is refused. */
function isSafeLink(value: string): boolean {
  const link = value.replaceAll('&amp;', '&').trimStart()
  const beginning = /^[^/?#]*/.exec(link)?.[0] ?? ''
  if (/[&\s\p{Cc}]/u.test(beginning)) return false
  const colon = beginning.indexOf(':')
  return colon < 0 || schemes.has(beginning.slice(0, colon).toLowerCase())
}

/** Style may not load or run anything; what hides its words (escapes, references, comments) is refused. */
const isSafeStyle = (value: string): boolean =>
  !/[\\&]|\/\*|url\s*\(|expression|import|behaviou?r|binding|script/i.test(value)

function isSafeAttribute(name: string, value: string): boolean {
  if (!attributes.has(name)) return false
  if (name === 'style') return isSafeStyle(value)
  return !links.has(name) || isSafeLink(value)
}

function areSafeAttributes(text: string): boolean {
  if (text === '') return true
  for (const [, name = '', double, single] of text.matchAll(attribute))
    if (!isSafeAttribute(name, double ?? single ?? '')) return false
  return true
}

/** The place after a comment that begins at `at`, or -1. */
function afterComment(text: string, at: number): number {
  const end = text.indexOf('--', at + '<!--'.length)
  return end >= 0 && text[end + 2] === '>' ? end + '-->'.length : -1
}

/** One tag after another: whether each is allowed, and closed in order. */
function areTagsInOrder(text: string): boolean {
  const open: string[] = []
  for (let at = 0; at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at)) {
      at = afterComment(text, at)
      if (at < 0) return false
      continue
    }
    markup.lastIndex = at
    const [whole = '', closing, name = '', list = '', empty] = markup.exec(text) ?? []
    if (!elements.has(name) || !areSafeAttributes(list)) return false
    at += whole.length
    if (closing === '/' && (open.pop() !== name || list !== '' || empty === '/')) return false
    if (closing !== '/' && empty !== '/') open.push(name)
    if (open.length === 0) return text.slice(at).trim() === ''
  }
  return false
}

/** Whether a text is one `div` whose tags and attributes are all R4's, opened and closed in order. */
export const isNarrative = (text: string): boolean => /^<div[\s>]/.test(text) && areTagsInOrder(text)
