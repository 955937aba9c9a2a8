/** Bundles as bytes: the resources in them are copied, never parsed. https://hl7.org/fhir/R4/bundle.html */
import type { Resource } from './resource.ts'

export interface Link {
  readonly relation: 'self' | 'first' | 'previous' | 'next'
  readonly url: string
}

/** One match of a search, one resource that came with it, or the outcome that explains what was left out. */
export interface SearchEntry {
  readonly fullUrl?: string
  readonly json: Uint8Array
  readonly mode: 'match' | 'include' | 'outcome'
}

/** One entry of a history, or of the answer to a batch or transaction. */
export interface ResponseEntry {
  readonly fullUrl?: string
  readonly json?: Uint8Array
  readonly request?: { readonly method: string; readonly url: string }
  readonly response: EntryResponse
}

/** https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.response */
export interface EntryResponse {
  readonly status: string
  readonly location?: string
  readonly etag?: string
  readonly lastModified?: string
  readonly outcome?: Resource
}

/** The JSON of a value as bytes. */
export const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const comma = Buffer.from(',')
const end = Buffer.from(']}')
const entryEnd = Buffer.from('}')

function assemble(head: object, entries: readonly (readonly Uint8Array[])[]): Buffer {
  const opening = JSON.stringify(head)
  if (entries.length === 0) return Buffer.from(opening)
  const parts: Uint8Array[] = [Buffer.from(`${opening.slice(0, -1)},"entry":[`)]
  entries.forEach((entry, index) => {
    if (index > 0) parts.push(comma)
    parts.push(...entry)
  })
  parts.push(end)
  return Buffer.concat(parts)
}

const modeEnds = {
  match: Buffer.from(',"search":{"mode":"match"}}'),
  include: Buffer.from(',"search":{"mode":"include"}}'),
  outcome: Buffer.from(',"search":{"mode":"outcome"}}'),
}

const searchsetHead = '{"resourceType":"Bundle","type":"searchset"'

const openingText = (fullUrl: string | undefined): string =>
  fullUrl === undefined ? '{"resource":' : `{"fullUrl":${JSON.stringify(fullUrl)},"resource":`

const opening = (fullUrl: string | undefined): Buffer => Buffer.from(openingText(fullUrl))

/** The answer to a search. `total` is absent when it was not asked for. https://hl7.org/fhir/R4/search.html#summary */
export const searchset = (page: {
  readonly total?: number
  readonly links: readonly Link[]
  readonly entries: readonly SearchEntry[]
}): Buffer =>
  assemble(
    {
      resourceType: 'Bundle',
      type: 'searchset',
      ...(page.total === undefined ? {} : { total: page.total }),
      link: page.links,
    },
    page.entries.map(({ fullUrl, json, mode }) => [opening(fullUrl), json, modeEnds[mode]]),
  )

/** A searchset that is written while its entries are still being found; links that are not known before come last. */
export class GrowingSearchset {
  readonly #head: string
  #entries = 0

  /** @param links all of them, when they are known. */
  constructor(links?: readonly Link[]) {
    this.#head = links === undefined ? searchsetHead : `${searchsetHead},"link":${JSON.stringify(links)}`
  }

  /** @returns the bytes of an entry, and of what stands before it, up to its resource; the resource follows, then `closing`. */
  opening(fullUrl: string | undefined): Uint8Array {
    this.#entries += 1
    return Buffer.from(`${this.#entries === 1 ? `${this.#head},"entry":[` : ','}${openingText(fullUrl)}`)
  }

  closing(mode: SearchEntry['mode']): Uint8Array {
    return modeEnds[mode]
  }

  /** @param links those that were not known before. @returns the end, after which nothing follows. R4 has no empty lists. */
  end(links?: readonly Link[]): Uint8Array {
    const link = links === undefined ? '}' : `,"link":${JSON.stringify(links)}}`
    return Buffer.from(`${this.#entries === 0 ? this.#head : ']'}${link}`)
  }
}

const responseParts = ({ fullUrl, json, request, response }: ResponseEntry): readonly Uint8Array[] => {
  const rest = JSON.stringify({ ...(request === undefined ? {} : { request }), response })
  if (json === undefined) {
    const url = fullUrl === undefined ? '' : `"fullUrl":${JSON.stringify(fullUrl)},`
    return [Buffer.from(`{${url}${rest.slice(1)}`)]
  }
  return [opening(fullUrl), json, Buffer.from(`,${rest.slice(1, -1)}`), entryEnd]
}

/** A history, or the answer to a batch or transaction, in the order given. */
export const responseBundle = (bundle: {
  readonly type: 'history' | 'batch-response' | 'transaction-response'
  readonly total?: number
  readonly links?: readonly Link[]
  readonly entries: readonly ResponseEntry[]
}): Buffer =>
  assemble(
    {
      resourceType: 'Bundle',
      type: bundle.type,
      ...(bundle.total === undefined ? {} : { total: bundle.total }),
      ...(bundle.links === undefined ? {} : { link: bundle.links }),
    },
    bundle.entries.map(responseParts),
  )
