/** Reads the formats that a capability statement promises. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
import type { Format } from './catalog.ts'
import { listOf, textOf } from './json-value.ts'

const formatNames: ReadonlyMap<string, Format> = new Map([
  ['json', 'json'],
  ['application/fhir+json', 'json'],
  ['xml', 'xml'],
  ['application/fhir+xml', 'xml'],
])

/** @returns the formats that are promised, JSON where nothing is; complains of one without code, and where JSON is not among them. */
export function readFormats(
  promised: unknown,
  complain: (expression: string, diagnostics: string) => void,
): ReadonlySet<Format> {
  const formats = new Set<Format>()
  for (const [place, name] of listOf(promised).entries()) {
    const format = formatNames.get(textOf(name) ?? '')
    if (format === undefined)
      complain(`CapabilityStatement.format[${place}]`, 'expected a format that has code (json, xml), found another')
    else formats.add(format)
  }
  if (formats.size > 0 && !formats.has('json'))
    complain('CapabilityStatement.format', 'expected json among the formats: it is what is stored')
  return formats.add('json')
}
