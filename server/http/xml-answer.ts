/** Answers in XML: one document, or one that is written while its Bundle is still being made. https://hl7.org/fhir/R4/xml.html */
import { setImmediate as turnOfOthers } from 'node:timers/promises'
import type { Xml } from '../../profiles/xml/xml.ts'
import { type BundlePiece, BundlePieces } from '../../resources/bundle-pieces.ts'
import { fail } from '../../resources/outcome.ts'
import { Refused } from './refused.ts'

/** Letters of XML that are held while the links of a page are not yet known: they stand before the entries. */
const mostHeld = 32 * 1024 * 1024

const tooLarge = fail(
  'tooCostly',
  'expected a page of at most 32 MiB in XML, found a larger one: ask for fewer with _count, for all without it, or for JSON',
  'http._count',
).failure

const bundleEnd = '</Bundle>'

/** What stands within the one element of a document. */
function within(document: string): string {
  if (document.endsWith('/>')) return ''
  const start = document.indexOf('>', document.indexOf('<Bundle')) + 1
  return document.slice(start, document.lastIndexOf(bundleEnd)).replace(/\n$/, '')
}

/** A document up to the end of what stands within it. */
const opened = (document: string): string => document.slice(0, document.lastIndexOf(bundleEnd)).replace(/\n$/, '')

/** Whether a page of this beginning has links at its end. They are of the server's own making. */
const linksFollow = ({ json }: BundlePiece): boolean => /"type":"searchset"/.test(json) && !/"link":\[/.test(json)

class XmlPages {
  readonly #write: (json: string) => string
  readonly #closing: string
  #held: string[] | undefined
  #heldLength = 0

  constructor(xml: Xml, indent: boolean) {
    this.#write = json => xml.write(json, indent)
    this.#closing = indent ? `\n${bundleEnd}` : bundleEnd
  }

  /** @returns what may leave; empty when nothing may yet. */
  next(piece: BundlePiece): string {
    const document = this.#write(piece.json)
    if (piece.part === 'head') {
      this.#held = linksFollow(piece) ? [opened(document)] : undefined
      return this.#held === undefined ? opened(document) : ''
    }
    const text = within(document)
    return this.#held === undefined ? text : this.#hold(this.#held, text)
  }

  #hold(held: string[], text: string): string {
    held.push(text)
    this.#heldLength += text.length
    if (this.#heldLength > mostHeld) throw new Refused({ failure: tooLarge })
    return ''
  }

  /** @param piece what is left when nothing follows. @returns the end of the document. */
  end(piece: BundlePiece): string {
    if (piece.part === 'head') return this.#write(piece.json)
    const [head = '', ...entries] = this.#held ?? []
    return `${head}${within(this.#write(piece.json))}${entries.join('')}${this.#closing}`
  }
}

/** The document, piece by piece. @throws Refused, before anything has left, for a page that is too large to be held. */
export async function* xmlPieces(
  xml: Xml,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  indent: boolean,
): AsyncGenerator<Buffer> {
  const pieces = new BundlePieces()
  const pages = new XmlPages(xml, indent)
  for await (const bytes of body)
    for (const piece of pieces.take(bytes)) {
      const text = pages.next(piece)
      if (text === '') await turnOfOthers()
      else yield Buffer.from(text)
    }
  yield Buffer.from(pages.end(pieces.end()))
}
