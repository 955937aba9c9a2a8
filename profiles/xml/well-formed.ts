/**
 * Reads XML: the only file that names `saxes`. Nothing is fetched and nothing is expanded but the five entities that XML
 * itself has: document types and other entities are refused. https://hl7.org/fhir/R4/xml.html
 */
import { SaxesParser, type SaxesTagNS } from 'saxes'

/** Deeper than any resource that JSON may have. */
const deepest = 200
/** More than any element of FHIR or of a narrative has. */
const mostAttributes = 64

/** Why a text cannot be read; `expression` is where. */
export class Malformed extends Error {
  readonly expression: string | undefined

  constructor(message: string, expression?: string) {
    super(message)
    this.expression = expression
  }
}

/** One attribute; `uri` is its namespace, empty for none. */
export interface XmlAttribute {
  readonly name: string
  readonly local: string
  readonly uri: string
  readonly value: string
}

/** The beginning of an element. */
export interface XmlTag {
  readonly prefix: string
  readonly local: string
  readonly uri: string
  readonly attributes: readonly XmlAttribute[]
  /** Where its `<` stands. */
  readonly start: number
  /** Whether it is written as one tag. */
  readonly isEmpty: boolean
}

/** Is told what the text holds, in order. */
export interface XmlListener {
  open(tag: XmlTag): void
  /** @param end where its last `>` ends. */
  close(end: number): void
  text(text: string, isCdata: boolean): void
  /** Is told of a processing instruction, which is no content. */
  instruction?(): void
}

type Parser = SaxesParser<{ xmlns: true }>

const isUtf8 = (encoding: string | undefined): boolean =>
  encoding === undefined || ['utf-8', 'utf8'].includes(encoding.toLowerCase())

/** The parser's own words repeat parts of the text. */
function toMalformed({ message }: Error, { line, column }: Parser): Malformed {
  const what = message.includes('entity')
    ? 'an entity that is none of the five that XML has'
    : message.includes('namespace prefix')
      ? 'a prefix without a namespace'
      : 'something else'
  return new Malformed(`expected well-formed XML, found ${what} in line ${line}, column ${column}`)
}

const tagOf = (tag: SaxesTagNS, start: number): XmlTag => ({
  prefix: tag.prefix,
  local: tag.local,
  uri: tag.uri,
  attributes: Object.values(tag.attributes),
  start,
  isEmpty: tag.isSelfClosing,
})

const refuse = (expected: string, found: string) => () => {
  throw new Malformed(`expected ${expected}, found ${found}`)
}

/** The parts of a text that are refused whatever they hold. */
function refuseParts(parser: Parser): void {
  parser.on('error', error => {
    throw toMalformed(error, parser)
  })
  parser.on('xmldecl', ({ encoding, version }) => {
    if (!isUtf8(encoding)) refuse('XML in UTF-8', 'a declaration of another encoding')()
    if (version !== '1.0') refuse('XML 1.0', 'another version')()
  })
  parser.on('doctype', refuse('XML without a document type', 'one'))
}

/** Letters that are read at a time: some milliseconds. */
const pieceLength = 32 * 1024

/** Tells `listener` what `text` holds, and yields now and then. @throws Malformed, which holds no word of the text. */
export function* readWellFormed(text: string, listener: XmlListener): Generator<undefined, void> {
  const parser: Parser = new SaxesParser({ xmlns: true })
  let [start, depth, attributes] = [0, 0, 0]
  refuseParts(parser)
  parser.on('opentagstart', () => {
    start = text.lastIndexOf('<', parser.position - 1)
    attributes = 0
    depth += 1
    if (depth > deepest) refuse(`at most ${deepest} levels of elements`, 'more')()
  })
  parser.on('attribute', () => {
    attributes += 1
    if (attributes > mostAttributes) refuse(`at most ${mostAttributes} attributes in an element`, 'more')()
  })
  parser.on('opentag', tag => listener.open(tagOf(tag, start)))
  parser.on('closetag', () => {
    depth -= 1
    listener.close(parser.position)
  })
  parser.on('text', found => listener.text(found, false))
  parser.on('cdata', found => listener.text(found, true))
  parser.on('processinginstruction', () => listener.instruction?.())
  for (let at = 0; at < text.length; at += pieceLength) {
    parser.write(text.slice(at, at + pieceLength))
    yield undefined
  }
  parser.close()
}
