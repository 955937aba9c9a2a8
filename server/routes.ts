/** Every URL this server answers, as tables. https://hl7.org/fhir/R4/http.html */
import { type Catalog, performs } from '../resources/catalog.ts'
import { isOffered } from '../resources/offered.ts'
import {
  type Operation,
  type OperationLevel,
  type OperationName,
  operationNames,
  operations,
} from '../resources/operations.ts'
import type { Interaction } from '../resources/resource.ts'

/** One interaction at one URL. `HEAD` follows `GET`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly interaction: Interaction
  /** Which operation it is. */
  readonly operation?: OperationName
  /** Where the operation is performed. */
  readonly level?: OperationLevel
  /** Criteria stand in the place of the id. */
  readonly conditional?: true
  /** Whether it is asked within the compartment of what `:type/:id` names; `:member` is the type that is searched, or `*`. */
  readonly compartment?: true
  /** What the body is: nothing, a resource (or the bytes of a Binary), a patch, parameters of a search, or those of an operation. */
  readonly body: 'none' | 'resource' | 'patch' | 'form' | 'parameters'
  /** Why no access token is asked. Every other route asks for one. */
  readonly open?: string
}

const operationUrls: Readonly<Record<OperationLevel, string>> = {
  instance: '/fhir/:type/:id/$',
  type: '/fhir/:type/$',
  system: '/fhir/$',
}

/** An operation at each of its levels; one that changes something is posted. https://hl7.org/fhir/R4/operations.html#executing */
function routesOfOperation(operation: OperationName): readonly Route[] {
  const { levels, affectsState, tells }: Operation = operations[operation]
  return levels.flatMap((level): readonly Route[] => {
    const route = { url: `${operationUrls[level]}${operation}`, interaction: 'operation', operation, level } as const
    const posted: Route = { method: 'POST', ...route, body: 'parameters' }
    return affectsState && tells !== true ? [posted] : [{ method: 'GET', ...route, body: 'none' }, posted]
  })
}

/** `POST /fhir` is a batch or a transaction, as its Bundle says. */
export const routes: readonly Route[] = [
  { method: 'GET', url: '/fhir/:type/:id', interaction: 'read', body: 'none' },
  { method: 'GET', url: '/fhir/:type/:id/_history/:version', interaction: 'vread', body: 'none' },
  { method: 'GET', url: '/fhir/:type/:id/_history', interaction: 'history-instance', body: 'none' },
  { method: 'GET', url: '/fhir/:type/_history', interaction: 'history-type', body: 'none' },
  { method: 'GET', url: '/fhir/_history', interaction: 'history-system', body: 'none' },
  { method: 'POST', url: '/fhir/:type', interaction: 'create', body: 'resource' },
  { method: 'PUT', url: '/fhir/:type/:id', interaction: 'update', body: 'resource' },
  { method: 'PATCH', url: '/fhir/:type/:id', interaction: 'patch', body: 'patch' },
  { method: 'DELETE', url: '/fhir/:type/:id', interaction: 'delete', body: 'none' },
  { method: 'PUT', url: '/fhir/:type', interaction: 'update', conditional: true, body: 'resource' },
  { method: 'PATCH', url: '/fhir/:type', interaction: 'patch', conditional: true, body: 'patch' },
  { method: 'DELETE', url: '/fhir/:type', interaction: 'delete', conditional: true, body: 'none' },
  { method: 'GET', url: '/fhir/:type', interaction: 'search-type', body: 'none' },
  { method: 'POST', url: '/fhir/:type/_search', interaction: 'search-type', body: 'form' },
  { method: 'GET', url: '/fhir/:type/:id/:member', interaction: 'search-type', compartment: true, body: 'none' },
  {
    method: 'POST',
    url: '/fhir/:type/:id/:member/_search',
    interaction: 'search-type',
    compartment: true,
    body: 'form',
  },
  { method: 'GET', url: '/fhir', interaction: 'search-system', body: 'none' },
  { method: 'POST', url: '/fhir/_search', interaction: 'search-system', body: 'form' },
  ...operationNames.flatMap(routesOfOperation),
  { method: 'POST', url: '/fhir', interaction: 'transaction', body: 'resource' },
  {
    method: 'GET',
    url: '/fhir/metadata',
    interaction: 'capabilities',
    body: 'none',
    open: 'a client must learn what is served before it can ask for a token',
  },
  {
    method: 'GET',
    url: '/fhir/OperationDefinition/:id',
    interaction: 'capabilities',
    body: 'none',
    open: 'the definition of an operation is a part of what is served',
  },
]

/** Where a statement promises OperationDefinition as a type, its instances are what is stored, not what this program performs. */
export const routesOf = ({ types }: Catalog): readonly Route[] =>
  types.has('OperationDefinition') ? routes.filter(({ url }) => url !== '/fhir/OperationDefinition/:id') : routes

/** The routes that are not of FHIR, and why each is open. A route that is in neither table stops the start. */
export const openAreas: readonly { readonly url: string; readonly below?: true; readonly because: string }[] = [
  { url: '/health/live', because: 'says only that the process runs' },
  { url: '/health/ready', because: 'says only whether the database answers' },
  { url: '/docs', below: true, because: 'says what `/fhir/metadata` says, for people' },
  { url: '*', because: 'answers what a browser asks before a request of another origin, and nothing else' },
]

/** Whether a route of that URL may be without an interaction. */
export const isOpenArea = (url: string): boolean =>
  openAreas.some(area => area.url === url || (area.below === true && url.startsWith(`${area.url}/`)))

/** In the place of a type within a compartment: all of its types. https://hl7.org/fhir/R4/http.html#search */
export const anyType = '*'

/** Whether the capability statement promises the route for the type. */
export function isPromised(route: Route, catalog: Catalog, type: string): boolean {
  const { types, system, compartments } = catalog
  const { interaction, operation, level } = route
  if (operation !== undefined && level !== undefined) return isOffered(operation, level, { catalog, type })
  if (route.compartment === true && compartments?.has('Patient') !== true) return false
  const served = types.get(type)
  switch (interaction) {
    case 'capabilities':
      return true
    case 'transaction':
      return system.has('transaction') || system.has('batch')
    case 'history-system':
    case 'search-system':
      return system.has(interaction)
    default:
      if (served === undefined) return route.compartment === true && type === anyType
      return performs(served, interaction, route.conditional === true)
  }
}

/** The methods that the URL answers for the type, for the header `Allow`. */
export function allowedMethods(url: string, catalog: Catalog, type: string): readonly string[] {
  const promised = routes.filter(route => route.url === url && isPromised(route, catalog, type))
  return promised.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
