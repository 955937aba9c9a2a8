/** The `div` of a narrative: a text in JSON, elements of XHTML in XML. https://hl7.org/fhir/R4/narrative.html#Narrative */
import { xhtmlNamespace } from './elements.ts'
import { attributeText, elementText, possible } from './letters.ts'
import { namedLetters } from './named-letters.ts'
import { Malformed, readWellFormed, type XmlTag } from './well-formed.ts'

/** An ampersand that begins no reference which XML understands; with a name that HTML might. */
const strange = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)([A-Za-z]\w{0,9};)?/g

const understood = (text: string): string =>
  text.replace(strange, (_, name: string | undefined) => {
    const letter = namedLetters.get(name?.slice(0, -1) ?? '')
    return letter === undefined ? `&amp;${name ?? ''}` : `&#${letter};`
  })

const namespaced = (text: string): string =>
  /^<div(?:\s[^>]*)?\sxmlns\s*=/.test(text) ? text : text.replace(/^<div/, `<div xmlns="${xhtmlNamespace}"`)

/** Whether it can stand in XML as it is: JSON may hold what browsers forgive. */
function isXhtml(text: string): boolean {
  const listener = {
    open: ({ uri }: XmlTag): void => {
      if (uri !== xhtmlNamespace) throw new Malformed('')
    },
    close: () => undefined,
    text: () => undefined,
    instruction: (): void => {
      throw new Malformed('')
    },
  }
  try {
    for (const _ of readWellFormed(text, listener));
    return true
  } catch (error) {
    if (error instanceof Malformed) return false
    throw error
  }
}

/** The narrative for a document of XML. What cannot be made well formed is shown letter by letter. */
export function narrativeXml(div: string): string {
  const text = namespaced(understood(possible(div)).replaceAll(']]>', ']]&gt;'))
  return isXhtml(text) ? text : `<div xmlns="${xhtmlNamespace}"><pre>${elementText(div)}</pre></div>`
}

/** An attribute as it may stand in JSON: without prefixes but `xml`, whose namespace everybody knows. */
const attributeOf = ({ name, local, uri, value }: XmlTag['attributes'][number]): string =>
  uri === 'http://www.w3.org/2000/xmlns/' ? '' : ` ${uri === '' ? local : name}="${attributeText(value)}"`

const isDeclaration = ({ name, value }: XmlTag['attributes'][number]): boolean =>
  name === 'xmlns' && value === xhtmlNamespace

/**
 * The narrative of a document of XML that is being read, from its `div` to the end of it. It keeps its letters, unless
 * it is written in a way that says nothing where it stands alone: with prefixes, with CDATA, or by a namespace declared elsewhere.
 */
export class NarrativeReader {
  readonly #start: number
  #open = 0
  #keepsLetters: boolean
  #written = ''

  constructor(div: XmlTag) {
    this.#start = div.start
    this.#keepsLetters = div.attributes.some(isDeclaration)
  }

  open({ prefix, local, uri, attributes, isEmpty }: XmlTag): void {
    if (uri !== xhtmlNamespace) throw new Malformed('expected elements of XHTML in a narrative, found others')
    if (prefix !== '') this.#keepsLetters = false
    const declaration = this.#open === 0 ? ` xmlns="${xhtmlNamespace}"` : ''
    this.#written += `<${local}${declaration}${attributes.map(attributeOf).join('')}${isEmpty ? '/>' : '>'}`
    this.#open += 1
  }

  text(text: string, isCdata: boolean): void {
    if (isCdata) this.#keepsLetters = false
    this.#written += elementText(text)
  }

  /** A processing instruction is no content: the letters go on without it. https://hl7.org/fhir/R4/xml.html */
  instruction(): void {
    this.#keepsLetters = false
  }

  /** @returns whether the narrative ends here. */
  close({ local, isEmpty }: XmlTag): boolean {
    if (!isEmpty) this.#written += `</${local}>`
    this.#open -= 1
    return this.#open === 0
  }

  /** @param text the whole document. @param end where the `div` ends. */
  end(text: string, end: number): string {
    return this.#keepsLetters ? text.slice(this.#start, end).replaceAll(/\r\n?/g, '\n') : this.#written
  }
}
