/** The OpenAPI document of what the capability statement promises. https://spec.openapis.org/oas/v3.0.3 */
import type { Catalog, ServedType } from '../resources/catalog.ts'
import { type OperationName, operations } from '../resources/operations.ts'
import type { Interaction } from '../resources/resource.ts'
import {
  bodies,
  headerParameters,
  headersOf,
  type Json,
  responses,
  resultParameters,
  securityScheme,
} from './openapi-components.ts'
import { anyType, isPromised, type Route, routes } from './routes.ts'

/** What each interaction does, and the answers that belong to it alone. */
const described: Readonly<
  Record<Interaction, { readonly says: (type: string) => string; readonly answers: readonly string[] }>
> = {
  read: { says: type => `Read a ${type}`, answers: ['200', '304', '404', '410'] },
  vread: { says: type => `Read one version of a ${type}`, answers: ['200', '304', '404', '410'] },
  'history-instance': { says: type => `List the versions of a ${type}`, answers: ['200', '404'] },
  'history-type': { says: type => `List the versions of all resources of type ${type}`, answers: ['200', '400'] },
  'history-system': { says: () => 'List the versions of all resources', answers: ['200', '400'] },
  create: { says: type => `Create a ${type}`, answers: ['200', '201', '400', '409', '412', '422'] },
  update: { says: type => `Update a ${type}`, answers: ['200', '201', '400', '404', '409', '412', '422'] },
  patch: { says: type => `Patch a ${type}`, answers: ['200', '400', '404', '409', '410', '412', '415', '422'] },
  delete: { says: type => `Delete a ${type}`, answers: ['200', '204', '404', '409', '412'] },
  'search-type': { says: type => `Search among resources of type ${type}`, answers: ['200', '400'] },
  'search-system': { says: () => 'Search among resources of several types', answers: ['200', '400'] },
  batch: { says: () => 'Perform the entries of a Bundle one by one', answers: ['200', '400'] },
  transaction: {
    says: () => 'Perform the entries of a Bundle: all or none of a transaction, one by one of a batch',
    answers: ['200', '400', '409', '412', '422'],
  },
  operation: { says: type => `Perform an operation on a ${type}`, answers: ['200', '400', '404', '410'] },
  capabilities: { says: () => 'Read what this server promises', answers: ['200', '404'] },
}

/** Answers that any guarded request may get. */
const guarded = ['401', '403', '429', '503'] as const

const referTo = (kind: 'responses' | 'parameters', name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

const ofUrl = ({ url }: Route): readonly Json[] =>
  ['id', 'version']
    .filter(name => url.includes(`:${name}`))
    .map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

/** The search parameters of a type, and what controls the result. https://hl7.org/fhir/R4/search.html */
const ofSearch = ({ parameters, includes, revincludes }: ServedType): readonly Json[] => [
  ...[...parameters.values()].map(({ code, type, definition }) => ({
    name: code,
    in: 'query',
    description: `${type}: ${definition}`,
    schema: { type: 'string' },
  })),
  ...resultParameters([...includes], [...revincludes]),
]

const text = (name: string, description: string): Json => ({
  ...{ name, in: 'query', description },
  schema: { type: 'string' },
})

/** What all types have in common. */
const ofSystemSearch: readonly Json[] = [
  text('_type', 'Names of resource types, separated by commas.'),
  text('patient', 'The record, where all of the types are of records.'),
  ...['_id', '_lastUpdated', '_profile', '_security', '_tag'].map(name => text(name, 'Of every type.')),
  ...resultParameters([], []),
]

const ofHistory = (interaction: Interaction): readonly Json[] => [
  text('_since', 'Versions that began at this instant, or later.'),
  text('_at', 'Versions that were current at some time of this period.'),
  text('_count', 'Versions on a page.'),
  ...(interaction === 'history-instance' ? [] : [text('patient', 'The record, by the id of its Patient.')]),
  ...(interaction === 'history-instance' ? [] : [text('patient.identifier', 'The record, by system|value.')]),
  ...(interaction === 'history-system' ? [text('_type', 'Names of resource types, separated by commas.')] : []),
]

const ofOperation = (operation: OperationName): readonly Json[] =>
  operations[operation].parameters.map(({ name, says, required }) => ({
    ...{ name, in: 'query', description: says, required },
    schema: { type: 'string' },
  }))

/** The parameters that find the resource in the place of its id. */
const criteria = (served: ServedType): readonly Json[] => ofSearch(served).slice(0, served.parameters.size)

/** The parameters of the URL's query. */
function ofQuery(route: Route, served: ServedType | undefined): readonly Json[] {
  const { interaction, operation, method } = route
  if (route.conditional === true && served !== undefined) return criteria(served)
  if (method !== 'GET') return []
  if (operation !== undefined) return ofOperation(operation)
  if (interaction === 'search-system') return ofSystemSearch
  if (interaction.startsWith('history-')) return ofHistory(interaction)
  return interaction === 'search-type' && served !== undefined ? ofSearch(served) : []
}

/** One name for each operation, which says at which of its levels. */
function operationId({ interaction, operation, level, method, conditional, compartment, url }: Route): string {
  const isDefinition = interaction === 'capabilities' && url !== '/fhir/metadata'
  const what = isDefinition ? 'definition' : (operation ?? interaction)
  const where = compartment ? '-compartment' : level === undefined || level === 'instance' ? '' : `-${level}`
  return `${method.toLowerCase()}-${conditional === true ? 'conditional-' : ''}${what}${where}`
}

const changes = ['201', '409', '412', '422']

/** The answers that the document lists; an operation that changes something has those of a write too. */
const answersOf = ({ interaction, operation }: Route): readonly string[] => [
  ...described[interaction].answers,
  ...(operation !== undefined && operations[operation].affectsState ? changes : []),
]

function toOperation(route: Route, name: string, served: ServedType | undefined): Json {
  const { interaction, operation, open, body } = route
  const { says } = described[interaction]
  const answers = answersOf(route)
  const codes = open === undefined ? [...answers, ...guarded] : answers
  return {
    operationId: `${operationId(route)}-${name}`,
    tags: [name === anyType ? 'System' : name],
    summary: operation === undefined ? says(name) : operations[operation].says,
    parameters: [
      ...ofUrl(route),
      ...ofQuery(route, served),
      ...headersOf(interaction).map(header => referTo('parameters', header)),
    ],
    ...(body === 'none' ? {} : { requestBody: bodies[body] }),
    ...(open === undefined ? {} : { security: [] }),
    responses: Object.fromEntries(codes.map(code => [code, referTo('responses', code)])),
  }
}

/** `/fhir/:type/:id` as the document writes it below the base: `/Patient/{id}`; within a compartment, `/Patient/{id}/Observation`. */
const pathOf = ({ url, compartment }: Route, type: string): string =>
  url
    .slice('/fhir'.length)
    .replace(':type', compartment === true ? 'Patient' : type)
    .replace(':member', type)
    .replaceAll(/:(\w+)/g, '{$1}') || '/'

type Placed = readonly [path: string, method: string, operation: Json]

const place = (route: Route, name: string, served?: ServedType): Placed => [
  pathOf(route, name),
  route.method.toLowerCase(),
  toOperation(route, name, served),
]

/** A search of all types of a compartment. */
const isOfAll = (route: Route, catalog: Catalog): boolean =>
  route.compartment === true && isPromised(route, catalog, anyType)

function placed(catalog: Catalog): readonly Placed[] {
  const ofSystem = routes.filter(route => !route.url.includes(':type') && isPromised(route, catalog, 'Bundle'))
  const ofType = routes.filter(({ url }) => url.includes(':type'))
  const isServed = (route: Route, { type, compartment }: ServedType): boolean =>
    isPromised(route, catalog, type) && (route.compartment !== true || compartment.length > 0)
  return [
    ...ofSystem.map(route => place(route, 'System')),
    ...[...catalog.types.values()].flatMap(served =>
      ofType.filter(route => isServed(route, served)).map(route => place(route, served.type, served)),
    ),
    ...ofType.filter(route => isOfAll(route, catalog)).map(route => place(route, anyType)),
  ]
}

/**
 * @param catalog what the capability statement promises.
 * @param base where clients reach it; the document names its path only, so that a page of the same server may call it.
 */
export function openApi(catalog: Catalog, base: string): Json {
  const paths: Record<string, Json> = {}
  for (const [path, method, operation] of placed(catalog)) paths[path] = { ...paths[path], [method]: operation }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Dossier Médical Partagé',
      version: '4.0.1',
      description: 'FHIR R4, as the capability statement under `metadata` promises it.',
    },
    servers: [{ url: new URL(base).pathname }],
    security: [{ bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: securityScheme }, responses: responses(), parameters: headerParameters },
  }
}
