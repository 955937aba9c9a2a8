/** The parameters of an operation: of its URL, then of the resource Parameters that was posted. https://hl7.org/fhir/R4/operations.html#request */
import { type JsonNode, memberOf } from '../../resources/json-text.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../../resources/json-value.ts'
import { type Operation, type OperationParameter, operations } from '../../resources/operations.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { jsonOfBody, writtenAt } from './body.ts'
import type { Call, Context } from './interaction.ts'
import type { ApartJson, DataApart } from './write/data-apart.ts'
import type { Written } from './write/item.ts'

/** A resource as a parameter holds it: the node stands in `text`. */
export interface ParameterResource {
  readonly text: string
  readonly node: JsonNode
  readonly value: unknown
  readonly data?: DataApart
  /** Where it stands in the request, for complaints. */
  readonly path: string
}

/** `value` is a text, as a URL would write it; empty where the parameter holds a resource. */
type Parameter = readonly [name: string, value: string, resource?: ParameterResource]

/** Values of complex types that a URL can write: by the type of the parameter. */
const writtenAs: Readonly<Record<string, (value: JsonObject) => string | undefined>> = {
  Reference: ({ reference }) => textOf(reference),
  Identifier: ({ system, value }) => `${textOf(system) ?? ''}|${textOf(value) ?? ''}`,
}

const rowOf = ({ operation }: Call, name: string | undefined): OperationParameter | undefined => {
  const { parameters }: Pick<Operation, 'parameters'> =
    operation === undefined ? { parameters: [] } : operations[operation]
  return parameters.find(parameter => parameter.name === name)
}

/** The one value of a parameter, as a URL would write it. */
function textValueOf(parameter: JsonObject | undefined, type: string | undefined): string | undefined {
  const [member, ...others] = Object.entries(parameter ?? {}).filter(([name]) => name !== 'name')
  if (member === undefined || others.length > 0 || !/^value[A-Z]/.test(member[0])) return undefined
  const held = member[0] === `value${type}` ? objectOf(member[1]) : undefined
  if (held !== undefined && Object.hasOwn(writtenAs, type ?? '')) return writtenAs[type ?? '']?.(held)
  return ['string', 'number', 'boolean'].includes(typeof member[1]) ? String(member[1]) : undefined
}

/** The resource of a parameter, with its letters. */
function resourceOf({ text, root, data }: ApartJson, item: unknown, place: number): ParameterResource | undefined {
  const node = memberOf(memberOf(root, 'parameter')?.items?.[place], 'resource')
  const { resource, name: _, ...others } = objectOf(item) ?? {}
  if (node === undefined || Object.keys(others).length > 0) return undefined
  return { text, node, value: resource, path: `Parameters.parameter[${place}].resource`, ...(data && { data }) }
}

function postedParameters(call: Call): Result<readonly Parameter[]> {
  if (call.body === undefined) return ok([])
  const json = jsonOfBody(call)
  if (!json.ok) return json
  const resource = objectOf(json.value.value)
  if (resource?.resourceType !== 'Parameters')
    return fail('malformedBody', 'expected a resource Parameters, found another', 'Parameters')
  const read: Parameter[] = []
  for (const [place, item] of listOf(resource.parameter).entries()) {
    const name = textOf(objectOf(item)?.name)
    const value = textValueOf(objectOf(item), rowOf(call, name)?.type)
    const held = value === undefined ? resourceOf(json.value, item, place) : undefined
    if (name === undefined || (value === undefined && held === undefined))
      return fail(
        'malformedBody',
        'expected a name and one value that is a text, a number or a boolean, or a resource',
        `Parameters.parameter[${place}]`,
      )
    read.push(held === undefined ? [name, value ?? ''] : [name, '', held])
  }
  return ok(read)
}

/** Types of resources begin with a capital; of the complex types values of parameters have those that a URL can write. */
const holdsResource = ({ type }: OperationParameter): boolean => /^[A-Z]/.test(type) && !Object.hasOwn(writtenAs, type)

/** What is wrong with the names; undefined when nothing is. */
function refuseNames(call: Call, given: readonly Parameter[]): Result<never> | undefined {
  const { parameters }: Pick<Operation, 'parameters'> =
    call.operation === undefined ? { parameters: [] } : operations[call.operation]
  const seen = new Set<string>()
  for (const [asked, , resource] of given) {
    const name = asked.slice(0, 64)
    const row = parameters.find(parameter => parameter.name === asked)
    const names = parameters.map(parameter => parameter.name).join(', ')
    if (row === undefined) return fail('unknownParameter', `expected one of ${names}, found "${name}"`, `http.${name}`)
    if (!row.repeats && seen.has(asked)) return fail('badParameter', `expected ${name} once`, `http.${name}`)
    if (resource === undefined ? holdsResource(row) : !holdsResource(row) && row.orResource !== true)
      return fail('badParameter', `expected ${name} as ${row.type}, found another form`, `http.${name}`)
    seen.add(asked)
  }
  const missing = parameters.find(({ name, required }) => required && !seen.has(name))
  if (missing === undefined) return undefined
  return fail('badParameter', `expected ${missing.name}, which is required, found none`, `http.${missing.name}`)
}

/** @returns the parameters in order; fails for one that the operation does not have, or has but once, and without a required one. */
export function operationParameters(call: Call): Result<readonly Parameter[]> {
  const posted = postedParameters(call)
  if (!posted.ok) return posted
  const given = [...call.parameters, ...posted.value]
  return refuseNames(call, given) ?? ok(given)
}

/** @returns the resource that a parameter holds, checked against its type; undefined when it was not given. */
export function resourceParameter(
  context: Context,
  parameters: readonly Parameter[],
  { name, type }: { readonly name: string; readonly type: string },
): Result<Written | undefined> {
  const [, , held] = parameters.find(([given]) => given === name) ?? []
  return held === undefined ? ok(undefined) : writtenAt(context, held, { type, path: held.path })
}
