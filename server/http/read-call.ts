/** A request of the wire as the call of an interaction. https://hl7.org/fhir/R4/http.html */
import type { FastifyRequest } from 'fastify'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import { anonymous } from '../../security/regimes/none.ts'
import type { Body, Call } from '../interactions/interaction.ts'
import { anyType, type Route } from '../routes.ts'
import { bundleInteraction } from './bundle-type.ts'
import { hasBody, readBody, readForm, readPatch } from './content.ts'
import { chooseFormat } from './formats.ts'
import { preferencesOf, rangeAsked } from './headers.ts'
import { type Asked, formAsked, toAsked } from './parameters.ts'

/** The parts of the URL that the route names. The router has read them. */
export const parametersOf = (
  request: FastifyRequest,
): { readonly type?: string; readonly id?: string; readonly version?: string; readonly member?: string } =>
  request.params as { type?: string; id?: string; version?: string; member?: string }

/** What stands after the question mark. `readAsked` has read it. */
export const askedOf = (request: FastifyRequest): Result<Asked> => request.query as Result<Asked>

interface Content {
  readonly asked: Asked
  readonly body?: Body
}

/** The parameters of a posted search follow those of the URL. https://hl7.org/fhir/R4/http.html#search-post */
function readSearch(request: FastifyRequest, { parameters, format, pretty }: Asked): Result<Content> {
  const posted = readForm(request)
  if (!posted.ok) return posted
  const asked = toAsked([...parameters, ...posted.value])
  if (!asked.ok) return asked
  const form = asked.value.format ?? format
  const failure = chooseFormat(request, form, false)
  if (failure !== undefined) return { ok: false, failure }
  const formed = form === undefined ? asked.value : { ...asked.value, format: form }
  return ok({ asked: pretty ? { ...formed, pretty } : formed })
}

function readContent(route: Route, request: FastifyRequest, type: string): Result<Content> {
  const asked = askedOf(request)
  if (!asked.ok || route.body === 'none') return asked.ok ? ok({ asked: asked.value }) : asked
  if (route.body === 'form') return readSearch(request, asked.value)
  if (route.body === 'parameters' && !hasBody(request)) return ok({ asked: asked.value })
  const body = route.body === 'patch' ? readPatch(request) : readBody(request, type)
  return body.ok ? ok({ asked: asked.value, body: body.value }) : body
}

const typesOfSystem: Readonly<Partial<Record<Interaction, string>>> = {
  capabilities: 'CapabilityStatement',
  operation: 'Parameters',
}

const typeOfSystem = ({ interaction }: Route): string => typesOfSystem[interaction] ?? 'Bundle'

/** The type that is asked for; within a compartment, the one that is searched. */
function typeOf(route: Route, request: FastifyRequest): string {
  const { type = typeOfSystem(route), member } = parametersOf(request)
  return member === undefined ? type : member === anyType ? 'Bundle' : member
}

const interactionOf = (route: Route, request: FastifyRequest): Interaction =>
  parametersOf(request).member === anyType ? 'search-system' : route.interaction

type Draft = { -readonly [Name in keyof Call]: Call[Name] }

/** @returns the call, and whether a person reads the answer (`_pretty`). */
export function readCall(
  route: Route,
  request: FastifyRequest,
): Result<{ readonly call: Call; readonly indent: boolean }> {
  const { id, version } = parametersOf(request)
  const type = typeOf(route, request)
  const content = readContent(route, request, type)
  if (!content.ok) return content
  const { asked, body } = content.value
  const isBundle = route.url === '/fhir' && body?.form === 'json'
  const interaction = isBundle ? bundleInteraction(body.text) : interactionOf(route, request)
  const { caller } = request
  const draft: Draft = {
    principal: caller?.ok === true ? caller.value : anonymous,
    interaction,
    type,
    parameters: asked.parameters,
    preferences: preferencesOf(request.headers, interaction, request.format === 'xml' ? 'xml' : asked.format),
    request: request.id,
  }
  if (route.compartment === true) draft.compartment = { type: 'Patient', id: id ?? '' }
  else if (id !== undefined) draft.id = id
  if (version !== undefined) draft.version = version
  if (route.operation !== undefined) draft.operation = route.operation
  if (route.operation !== undefined && route.method === 'GET') draft.tells = true
  if (body !== undefined) draft.body = body
  if (asked.pretty || asked.format !== undefined) draft.form = formAsked(asked)
  const range = rangeAsked(request.method, request.headers)
  if (range !== undefined) draft.range = range
  return ok({ call: draft, indent: asked.pretty })
}
