/** The patch in an entry of a Bundle: a Binary that holds a JSON Patch, or a resource Parameters. https://hl7.org/fhir/R4/http.html#patch */
import { decodeBase64 } from '../../resources/base64.ts'
import { readJson, splice } from '../../resources/json-text.ts'
import { treeOf } from '../../resources/json-tree.ts'
import { objectOf, textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { type ApartJson, partWhole } from './write/data-apart.ts'
import type { Patch } from './write/item.ts'

/** The text of the JSON Patch that a Binary holds; undefined when it holds something else. */
export function patchInBinary(
  { data: apart }: Pick<ApartJson, 'data'>,
  resource: EntryRequest['resource'],
): string | undefined {
  const binary = objectOf(resource?.value)
  const data = textOf(binary?.data)
  const isPatch = /^application\/json-patch\+json\s*(?:;|$)/i.test(textOf(binary?.contentType) ?? '')
  if (binary?.resourceType !== 'Binary' || !isPatch || data === undefined) return undefined
  const long = apart?.get(data)
  return (long === undefined ? decodeBase64(data) : long.bytes())?.toString('utf8')
}

/** @returns the patch of an entry; fails with `malformedBody` where its resource holds none. */
export function entryPatch(json: ApartJson, { resource, path }: EntryRequest): Result<Patch> {
  const at = `${path}.resource`
  const isBinary = objectOf(resource?.value)?.resourceType === 'Binary'
  if (resource === undefined || !isBinary) {
    const text = resource === undefined ? '' : partWhole(splice(json.text, resource.node, []), json.data)
    const read = readJson(text)
    return read.ok ? ok({ form: 'fhirpath', tree: treeOf(read.value.text, read.value.root), at }) : read
  }
  const text = patchInBinary(json, resource)
  if (text === undefined)
    return fail('malformedBody', 'expected a Binary of application/json-patch+json, or Parameters', at)
  const read = readJson(text)
  return read.ok
    ? ok({ form: 'json', tree: treeOf(read.value.text, read.value.root), at: `${at}.data` })
    : fail('malformedBody', 'expected JSON in the data of the Binary, found text that is not', `${at}.data`)
}
