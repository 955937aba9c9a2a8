/** Media types, and which of them a client sends and accepts. https://hl7.org/fhir/R4/http.html#mime-type */

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

/** The version of FHIR that is served, as the parameter `fhirVersion` writes it. */
const fhirVersions: ReadonlySet<string | undefined> = new Set([undefined, '4.0', '4.0.1'])
const jsonNames: ReadonlySet<string> = new Set(['application/fhir+json', 'application/json', 'text/json'])
const xmlNames: ReadonlySet<string> = new Set(['application/fhir+xml', 'application/xml', 'text/xml'])
const ranges: ReadonlySet<string> = new Set([...jsonNames, '*/*', 'application/*'])

/** Whether the body is a resource as JSON. */
export const isJson = ({ name }: MediaType): boolean => jsonNames.has(name)

/** Whether the body is a JSON Patch. https://www.rfc-editor.org/rfc/rfc6902 */
export const isJsonPatch = ({ name }: MediaType): boolean => name === 'application/json-patch+json'

/** Whether the body is a resource as XML, which is not served. */
export const isXml = ({ name }: MediaType): boolean => xmlNames.has(name)

/** Whether the parameters ask for another character set or another version of FHIR than the one that is served. */
export const isForeign = ({ parameters }: MediaType): boolean =>
  !['utf-8', 'utf8', undefined].includes(parameters.get('charset')?.toLowerCase()) ||
  !fhirVersions.has(parameters.get('fhirversion'))

const accepts = (range: string): boolean => {
  const { name, parameters } = parseMediaType(range)
  return ranges.has(name) && Number(parameters.get('q') ?? 1) > 0 && fhirVersions.has(parameters.get('fhirversion'))
}

/** Whether the client takes JSON. @param accept the header; absent, it takes everything. */
export const acceptsJson = (accept: string | undefined): boolean =>
  accept === undefined || ranges.has(accept) || accept.split(',').some(accepts)

/** Whether `_format` asks for JSON; its `+` may have been read as a space. */
export const isJsonFormat = (format: string): boolean => format === 'json' || accepts(format.replace(' ', '+'))
