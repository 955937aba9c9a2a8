/** From XML to JSON, letters kept: a decimal stays `1.0`. What XML says and FHIR does not know is refused by its place. https://hl7.org/fhir/R4/xml.html */
import { ok, type Result } from '../../resources/outcome.ts'
import { fhirNamespace, type XmlElement, type XmlStructures, xhtmlNamespace } from './elements.ts'
import { EntriesApart, type EntryReader, type Faults, failureOf, ofEntry } from './entries-apart.ts'
import { Frame, holderFrame, primitiveFrame } from './frame.ts'
import { NarrativeReader } from './narrative.ts'
import { Malformed, readWellFormed, type XmlAttribute, type XmlTag } from './well-formed.ts'

const xsi = 'http://www.w3.org/2001/XMLSchema-instance'
const xmlns = 'http://www.w3.org/2000/xmlns/'

/** Declarations, and the address of a schema, which nobody follows. */
const isAboutXml = ({ uri, local }: XmlAttribute): boolean =>
  uri === xmlns || (uri === xsi && local === 'schemaLocation')

/** Reads one document; used once. */
class Reader implements EntryReader {
  readonly #structures: XmlStructures
  readonly #source: string
  readonly #frames: Frame[] = []
  readonly #tags: XmlTag[] = []
  #narrative: NarrativeReader | undefined
  json = ''

  constructor(structures: XmlStructures, source: string) {
    this.#structures = structures
    this.#source = source
  }

  get entry(): string | undefined {
    const [bundle, entry, holder] = this.#frames
    if (bundle?.path !== 'Bundle' || holder?.holds !== 'resource') return undefined
    return entry?.path.startsWith('Bundle.entry[') === true ? entry.path : undefined
  }

  leaveEntry(): void {
    this.#tags.length = ofEntry
    this.#frames.length = ofEntry
    this.#narrative = undefined
    this.#frames.at(-1)?.leave({ value: '{}' })
  }

  open(tag: XmlTag): void {
    this.#tags.push(tag)
    const within = this.#frames.at(-1)
    if (this.#narrative !== undefined) this.#narrative.open(tag)
    else if (within === undefined || within.holds === 'resource') this.#openResource(tag, within?.path ?? tag.local)
    else this.#openElement(tag, within.enter(tag.local), within)
  }

  #openResource(tag: XmlTag, path: string): void {
    refuseNamespace(tag, path)
    const elements = this.#structures.ofResource(tag.local)
    if (elements === undefined)
      throw new Malformed('expected the name of a resource type of R4, found another element', path)
    this.#frames.at(-1)?.fill()
    this.#push(new Frame({ path, elements, resourceType: tag.local }), tag)
  }

  #openNarrative(tag: XmlTag, { path }: Frame): void {
    if (tag.uri !== xhtmlNamespace)
      throw new Malformed(`expected an element of the namespace ${xhtmlNamespace}, found another`, `${path}.div`)
    this.#narrative = new NarrativeReader(tag)
    this.#narrative.open(tag)
  }

  #openElement(tag: XmlTag, element: XmlElement, within: Frame): void {
    if (element.form === 'narrative') {
      this.#openNarrative(tag, within)
      return
    }
    const path = within.pathOf(element)
    refuseNamespace(tag, path)
    this.#push(this.#frameOf(element, path), tag)
  }

  #frameOf({ form, node }: XmlElement, path: string): Frame {
    if (form === 'resource') return holderFrame(path)
    if (form === 'primitive') return primitiveFrame(path, this.#structures.ofNode('Element'))
    return new Frame({ path, elements: this.#structures.ofNode(node) })
  }

  #push(frame: Frame, { attributes }: XmlTag): void {
    for (const attribute of attributes) if (!isAboutXml(attribute)) frame.attribute(attribute)
    this.#frames.push(frame)
  }

  close(end: number): void {
    const tag = this.#tags.pop()
    if (this.#narrative === undefined) this.#closeElement()
    else if (tag !== undefined && this.#narrative.close(tag)) this.#closeNarrative(this.#narrative, end)
  }

  #closeElement(): void {
    const frame = this.#frames.pop()
    const outer = this.#frames.at(-1)
    const read = frame?.end(outer?.entered) ?? {}
    if (outer === undefined) this.json = read.value ?? ''
    else outer.leave(read)
  }

  #closeNarrative(narrative: NarrativeReader, end: number): void {
    this.#frames.at(-1)?.leave({ value: JSON.stringify(narrative.end(this.#source, end)) })
    this.#narrative = undefined
  }

  instruction(): void {
    this.#narrative?.instruction()
  }

  text(text: string, isCdata: boolean): void {
    if (this.#narrative !== undefined) this.#narrative.text(text, isCdata)
    else if (text.trim() !== '')
      throw new Malformed('expected text in attributes only, found some between elements', this.#frames.at(-1)?.path)
  }
}

function refuseNamespace({ uri }: XmlTag, path: string): void {
  if (uri !== fhirNamespace)
    throw new Malformed(`expected an element of the namespace ${fhirNamespace}, found another`, path)
}

/**
 * Yields now and then. @param faults takes what is wrong with the resources of a Bundle's entries, by the paths of the
 * entries: `{}` stands in their places then. Without it one fault is that of the whole.
 * @returns the resource as JSON; fails with `malformedBody`, and the place where there is one, without a word of the text.
 */
export function* readXml(
  structures: XmlStructures,
  source: string,
  faults?: Faults,
): Generator<undefined, Result<string>> {
  const reader = new Reader(structures, source)
  try {
    yield* readWellFormed(source, faults === undefined ? reader : new EntriesApart(reader, faults))
    return ok(reader.json)
  } catch (error) {
    if (error instanceof Malformed) return failureOf(error)
    throw error
  }
}
