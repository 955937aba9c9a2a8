/** The parts of the OpenAPI document that every type shares. https://spec.openapis.org/oas/v3.0.3#components-object */
import { failureKinds } from '../resources/outcome.ts'
import type { Interaction } from '../resources/resource.ts'

/** A piece of the document. */
export type Json = Readonly<Record<string, unknown>>

const resource: Json = { type: 'object', required: ['resourceType'], properties: { resourceType: { type: 'string' } } }

/** A resource in either format. */
const content: Json = {
  'application/fhir+json': { schema: resource },
  'application/fhir+xml': { schema: { type: 'string', description: 'The resource in XML of the namespace of FHIR.' } },
}

/** The bodies that a route takes. */
export const bodies: Readonly<Record<'resource' | 'patch' | 'form' | 'parameters', Json>> = {
  resource: { required: true, content },
  patch: {
    required: true,
    content: {
      'application/json-patch+json': { schema: { type: 'array', items: { type: 'object', required: ['op', 'path'] } } },
      'application/fhir+json': { schema: resource },
    },
  },
  parameters: { description: 'A resource Parameters.', content },
  form: {
    description: 'The parameters that a GET would carry in its URL.',
    content: {
      'application/x-www-form-urlencoded': { schema: { type: 'object', additionalProperties: { type: 'string' } } },
    },
  },
}

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
})

/** The headers that change what an interaction does. https://hl7.org/fhir/R4/http.html */
export const headerParameters: Readonly<Record<string, Json>> = {
  IfMatch: header('If-Match', 'The version that must be the current one, such as `W/"3"`.'),
  IfNoneMatch: header(
    'If-None-Match',
    'The version that the client already holds; of an update `*`: nothing may stand there.',
  ),
  IfModifiedSince: header('If-Modified-Since', 'The time since which the client wants to see a change.'),
  IfUnmodifiedSince: header(
    'If-Unmodified-Since',
    'The time after which nobody may have changed the resource; passed over beside `If-Match`.',
  ),
  IfNoneExist: header('If-None-Exist', 'Search parameters: nothing is created when they find a match.'),
  Prefer: header(
    'Prefer',
    '`return=minimal`, `return=representation` or `return=OperationOutcome`; `handling=lenient`.',
  ),
}

const byInteraction: Readonly<Partial<Record<Interaction, readonly string[]>>> = {
  read: ['IfNoneMatch', 'IfModifiedSince'],
  vread: ['IfNoneMatch', 'IfModifiedSince'],
  create: ['IfNoneExist', 'Prefer'],
  update: ['IfMatch', 'IfNoneMatch', 'IfUnmodifiedSince', 'Prefer'],
  patch: ['IfMatch', 'IfUnmodifiedSince', 'Prefer'],
  delete: ['IfMatch', 'IfUnmodifiedSince', 'Prefer'],
  'search-type': ['Prefer'],
  transaction: ['Prefer'],
}

/** The names of the headers that the interaction knows. */
export const headersOf = (interaction: Interaction): readonly string[] => byInteraction[interaction] ?? []

const success: Readonly<Record<string, string>> = {
  200: 'What was asked',
  201: 'Created',
  204: 'Done; nothing is left to say',
  304: 'The client already holds this version',
}

/** The statuses of failures, each with the kinds that have it. */
function failures(): ReadonlyMap<number, readonly string[]> {
  const kinds = new Map<number, readonly string[]>()
  for (const [kind, { status }] of Object.entries(failureKinds)) kinds.set(status, [...(kinds.get(status) ?? []), kind])
  return kinds
}

const answer = (description: string): Json => ({ description, content })

/** One answer for each status: a resource, or an OperationOutcome. */
export function responses(): Json {
  const good = Object.entries(success).map(([status, says]) => [status, answer(says)])
  const bad = [...failures()].map(([status, kinds]) => [status, answer(`OperationOutcome: ${kinds.join(', ')}`)])
  return Object.fromEntries([...good, ...bad])
}

export const securityScheme: Json = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'An access token. With demonstration identities: `npm run --silent token -- gp`.',
}

const control = (name: string, description: string, schema: Json = { type: 'string' }): Json => ({
  name,
  in: 'query',
  description,
  schema,
})

/** The parameters that shape the result of a search. https://hl7.org/fhir/R4/search.html#modifyingresults */
export const resultParameters = (includes: readonly string[], revincludes: readonly string[]): readonly Json[] => [
  control('_sort', 'Names of search parameters, separated by commas; a hyphen before a name reverses the order.'),
  control('_count', 'Matches on a page.', { type: 'integer', minimum: 0 }),
  control('_total', 'Whether the total is counted.', { type: 'string', enum: ['none', 'estimate', 'accurate'] }),
  control('_summary', 'Which part of each resource is wanted.', {
    type: 'string',
    enum: ['true', 'text', 'data', 'count', 'false'],
  }),
  control('_elements', 'Names of elements, separated by commas.'),
  ...(includes.length === 0 ? [] : [control('_include', 'A reference to follow.', { type: 'string', enum: includes })]),
  ...(revincludes.length === 0
    ? []
    : [control('_revinclude', 'A reference to follow backwards.', { type: 'string', enum: revincludes })]),
]
