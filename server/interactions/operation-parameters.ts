/** The parameters of an operation: of its URL, then of the resource Parameters that was posted. https://hl7.org/fhir/R4/operations.html#request */
import { listOf, objectOf, textOf } from '../../resources/json-value.ts'
import { type Operation, operations } from '../../resources/operations.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { jsonOfBody } from './body.ts'
import type { Call } from './interaction.ts'

type Parameter = readonly [name: string, value: string]

/** The one value of a parameter, as a URL would write it. */
function textValueOf(parameter: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const [member, ...others] = Object.entries(parameter ?? {}).filter(([name]) => name !== 'name')
  if (member === undefined || others.length > 0 || !/^value[A-Z]/.test(member[0])) return undefined
  return ['string', 'number', 'boolean'].includes(typeof member[1]) ? String(member[1]) : undefined
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
    const value = textValueOf(objectOf(item))
    if (name === undefined || value === undefined)
      return fail(
        'malformedBody',
        'expected a name and one value that is a text, a number or a boolean',
        `Parameters.parameter[${place}]`,
      )
    read.push([name, value])
  }
  return ok(read)
}

/** What is wrong with the names; undefined when nothing is. */
function refuseNames(call: Call, given: readonly Parameter[]): Result<never> | undefined {
  const { parameters }: Pick<Operation, 'parameters'> =
    call.operation === undefined ? { parameters: [] } : operations[call.operation]
  const seen = new Set<string>()
  for (const [asked] of given) {
    const name = asked.slice(0, 64)
    const row = parameters.find(parameter => parameter.name === asked)
    const names = parameters.map(parameter => parameter.name).join(', ')
    if (row === undefined) return fail('unknownParameter', `expected one of ${names}, found "${name}"`, `http.${name}`)
    if (!row.repeats && seen.has(asked)) return fail('badParameter', `expected ${name} once`, `http.${name}`)
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
