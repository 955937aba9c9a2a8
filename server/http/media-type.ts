/** Media types, and which of them a client sends and accepts. https://hl7.org/fhir/R4/http.html#mime-type */
import type { Format } from '../../resources/catalog.ts'

/** `application/fhir+json; charset=utf-8`, taken apart. */
export interface MediaType {
  /** In lower case, such as `application/fhir+json`. */
  readonly name: string
  /** Names in lower case, values without quotation marks. */
  readonly parameters: ReadonlyMap<string, string>
}

/** @returns the media type that a header names; its name is empty when it names none. */
export function parseMediaType(text: string): MediaType {
  const [name = '', ...rest] = text.split(';')
  const pairs = rest.map(part => {
    const [key = '', ...value] = part.split('=')
    return [
      key.trim().toLowerCase(),
      value
        .join('=')
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    ] as const
  })
  return { name: name.trim().toLowerCase(), parameters: new Map(pairs) }
}

/** The name of FHIR's own media type for XML: the others may as well be those of a document in a Binary. */
export const fhirXmlName = 'application/fhir+xml'

/** Whether the media type is FHIR's own for XML, by its name of today or of DSTU2. */
export const isFhirXml = ({ name }: MediaType): boolean => name === fhirXmlName || name === 'application/xml+fhir'

const names: ReadonlyMap<string, Format> = new Map([
  ['application/fhir+json', 'json'],
  ['application/json', 'json'],
  ['text/json', 'json'],
  [fhirXmlName, 'xml'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
  // The names of DSTU2, which clients of that time still send.
  ['application/json+fhir', 'json'],
  ['application/xml+fhir', 'xml'],
])

/** The format of a resource that is sent under this media type; undefined for others. */
export const formatOf = ({ name }: MediaType): Format | undefined => names.get(name)

/** The version of FHIR that is served, as the parameter `fhirVersion` writes it. */
const fhirVersions: ReadonlySet<string | undefined> = new Set([undefined, '4.0', '4.0.1'])

/** Whether the body is a JSON Patch. https://www.rfc-editor.org/rfc/rfc6902 */
export const isJsonPatch = ({ name }: MediaType): boolean => name === 'application/json-patch+json'

/** Whether the parameters ask for another character set or another version of FHIR than the one that is served. */
export const isForeign = ({ parameters }: MediaType): boolean =>
  !['utf-8', 'utf8', undefined].includes(parameters.get('charset')?.toLowerCase()) ||
  !fhirVersions.has(parameters.get('fhirversion'))

/** What a client accepts, by format: the quality, and how exactly it was named. */
type Wishes = Partial<Record<Format, { readonly quality: number; readonly exactness: number }>>

/** Names that stand for both formats, the more exact ones with the larger number. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
const wildcards: ReadonlyMap<string, number> = new Map([
  ['*/*', 0],
  ['application/*', 1],
])
const exact = 2

function addWish(wishes: Wishes, format: Format, wish: NonNullable<Wishes[Format]>): void {
  const before = wishes[format]
  if (before !== undefined && before.exactness > wish.exactness) return
  if (before?.exactness === wish.exactness && before.quality >= wish.quality) return
  wishes[format] = wish
}

function wishesOf(accept: string): Wishes {
  const wishes: Wishes = {}
  for (const range of accept.split(',')) {
    const media = parseMediaType(range)
    if (!fhirVersions.has(media.parameters.get('fhirversion'))) continue
    const quality = Number(media.parameters.get('q') ?? 1)
    const format = formatOf(media)
    const wildcard = wildcards.get(media.name)
    if (format !== undefined) addWish(wishes, format, { quality, exactness: exact })
    else if (wildcard !== undefined)
      for (const each of ['json', 'xml'] as const) addWish(wishes, each, { quality, exactness: wildcard })
  }
  return wishes
}

/** What most clients send: nothing is taken apart for it. An empty header says as little as none. */
const usual: ReadonlyMap<string | undefined, Format> = new Map([
  ...names,
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
])

/** Several empty headers arrive with commas between them. */
const namesNothing = (accept: string): boolean => /^[\s,]*$/.test(accept)

const isServed = (format: Format | undefined, served: ReadonlySet<Format>): format is Format =>
  format !== undefined && served.has(format)

/**
 * @param accept the header; absent or empty, everything is accepted.
 * @returns the served format that the client likes best, JSON where it likes both alike; undefined when it takes none.
 */
export function acceptedFormat(accept: string | undefined, served: ReadonlySet<Format>): Format | undefined {
  const known = usual.get(accept) ?? (namesNothing(accept ?? '') ? 'json' : undefined)
  if (known !== undefined) return isServed(known, served) ? known : undefined
  const { json, xml } = wishesOf(accept ?? '')
  const [likesJson, likesXml] = [json?.quality ?? 0, served.has('xml') ? (xml?.quality ?? 0) : 0]
  if (likesJson > 0 && likesJson >= likesXml) return 'json'
  return likesXml > 0 ? 'xml' : undefined
}

/** @param format the parameter `_format`, in short or as a media type; its `+` may have been read as a space. */
export function namedFormat(format: string, served: ReadonlySet<Format>): Format | undefined {
  const short = format.toLowerCase()
  if (short === 'json' || short === 'xml') return isServed(short, served) ? short : undefined
  return namesNothing(format) ? undefined : acceptedFormat(format.replace(' ', '+'), served)
}
