/** The addresses of searches: of a type, within a compartment, of the whole server. https://hl7.org/fhir/R4/http.html#search */
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import type { Call, Context } from './interaction.ts'

/** @returns where a search is asked, below the base; empty for the whole server. */
export function addressOf({ interaction, type, compartment }: Call): string {
  const searched = interaction !== 'search-system' ? type : compartment === undefined ? '' : '*'
  return compartment === undefined ? searched : `${compartment.type}/${encodeURIComponent(compartment.id)}/${searched}`
}

/** @returns the URL with a query; without a question mark where that is empty. */
export function urlOf({ base }: Context, address: string, query: string): string {
  const place = address === '' ? base : `${base}/${address}`
  return query === '' ? place : `${place}?${query}`
}

/** @returns the query of a link, with the form in which the page that has it was asked: who follows it gets the next one so. */
export const formed = ({ form }: Call, query: string): string =>
  form === undefined ? query : query === '' ? form : `${query}&${form}`

/** @returns the applied parameters as the trail tells them: a search within a compartment is the search by its patient. */
export const toldQuery = ({ compartment }: Call, { applied }: Pick<SearchRequest, 'applied'>): string =>
  queryString(compartment === undefined ? applied : [['patient', compartment.id], ...applied])

/** @returns the search, kept to the compartment that the address names. */
export const withinCompartment = ({ compartment }: Call, request: SearchRequest): SearchRequest =>
  compartment === undefined
    ? request
    : { ...request, patients: [[{ by: 'id', id: compartment.id }], ...request.patients] }
