/** Documents of XML as the JSON that they say, for tests that compare the two. */
import { xmlOf } from '../../profiles/xml/xml.ts'
import { canonicalJson } from '../../resources/canonical-json.ts'
import { readJson } from '../../resources/json-text.ts'
import type { Result } from '../../resources/outcome.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const xml = xmlOf((await loadDefinitions()).structures)

/** What reading a document ends with. */
export function readXml(document: string): Result<string> {
  const reading = xml.read(document)
  for (let step = reading.next(); ; step = reading.next()) if (step.done === true) return step.value
}

/** The document that says the same as the JSON. */
export const toXml = (json: string | object, indent = false): string =>
  xml.write(typeof json === 'string' ? json : JSON.stringify(json), indent)

/** The JSON with its members in one order and its numbers as they are written. */
export function canonical(text: string): string {
  const json = readJson(text, 120)
  if (!json.ok) throw new Error(json.failure.complaints[0].diagnostics)
  return canonicalJson(json.value.text, json.value.root)
}

/** The JSON that a document says. @throws for what is no XML of FHIR. */
export function toJson(document: string): string {
  const found = readXml(document)
  if (!found.ok) throw new Error(JSON.stringify(found.failure.complaints))
  return found.value
}
