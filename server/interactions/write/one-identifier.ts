/** Criteria that name a resource by one identifier. https://hl7.org/fhir/R4/http.html#trules */
import { listOf, objectOf } from '../../../resources/json-value.ts'
import type { PatientName } from '../../../search/search-request.ts'
import type { Item } from './item.ts'

type Identified = Extract<PatientName, { readonly by: 'identifier' }>

/** @returns what `identifier=system|value` names; undefined where the criteria ask for anything else. */
export function identifierOf(criteria: string): Identified | undefined {
  const [[name, text = ''] = [], another] = [...new URLSearchParams(criteria)]
  const bar = text.indexOf('|')
  if (another !== undefined || name !== 'identifier' || bar < 1) return undefined
  return { by: 'identifier', system: text.slice(0, bar), value: text.slice(bar + 1) }
}

/** Whether what an item writes has the identifier. */
export const hasIdentifier = ({ written }: Item, { system, value }: Identified): boolean =>
  listOf(written?.resource.identifier)
    .map(objectOf)
    .some(each => each?.system === system && each.value === value)
