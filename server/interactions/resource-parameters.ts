/** Parameters that are resources, beside those that are values. https://hl7.org/fhir/R4/parameters.html */
import { listOf, objectOf, textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { jsonOfBody } from './body.ts'
import type { Call } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import type { DataApart } from './write/data-apart.ts'

export interface Given {
  /** Values, by name; none comes twice. */
  readonly values: ReadonlyMap<string, string>
  /** Resources, by name, and their long data. */
  readonly resources: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly data?: DataApart
}

/** @returns the parameters of an operation that takes resources; fails as `operationParameters` does, and for one that comes twice. */
export function resourceParameters(call: Call): Result<Given> {
  const json = call.body === undefined ? undefined : jsonOfBody(call)
  if (json !== undefined && !json.ok) return json
  const posted = objectOf(json?.value.value)
  const resources = new Map<string, Readonly<Record<string, unknown>>>()
  const others: unknown[] = []
  for (const item of listOf(posted?.parameter)) {
    const { name, resource, ...more } = objectOf(item) ?? {}
    const [known, held] = [textOf(name), objectOf(resource)]
    if (held === undefined || known === undefined || Object.keys(more).length > 0) others.push(item)
    else if (resources.has(known)) return fail('badParameter', `expected ${known.slice(0, 64)} once`, 'Parameters')
    else resources.set(known, held)
  }
  // The names of resources are checked with the others: a value stands in their place.
  const named = [...resources.keys()].map(name => ({ name, valueBoolean: true }))
  const text = JSON.stringify({ ...posted, parameter: [...others, ...named] })
  const values = operationParameters(json === undefined ? call : { ...call, body: { form: 'json', text } })
  if (!values.ok) return values
  const data = json?.value.data
  return ok({
    values: new Map(values.value.filter(([name]) => !resources.has(name))),
    ...{ resources, ...(data === undefined ? {} : { data }) },
  })
}
