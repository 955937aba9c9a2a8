/** Criteria that name a Patient by one identifier. https://hl7.org/fhir/R4/http.html#trules */
import { listOf, objectOf } from '../../../resources/json-value.ts'
import { patientNamed } from '../../../search/parse-search.ts'
import type { PatientName, SearchRequest } from '../../../search/search-request.ts'
import type { Item } from './item.ts'

type Identified = Extract<PatientName, { readonly by: 'identifier' }>

/** @returns the identifier that `identifier=system|value` names; undefined where the criteria ask for anything else, or for more. */
export function identifierOf(request: SearchRequest): Identified | undefined {
  const named = request.applied.length === 1 ? patientNamed(request) : undefined
  return named?.by === 'identifier' ? named : undefined
}

/** Whether what an item writes has the identifier. */
export const hasIdentifier = ({ written }: Item, { system, value }: Identified): boolean =>
  listOf(written?.resource.identifier)
    .map(objectOf)
    .some(each => each?.system === system && each.value === value)
