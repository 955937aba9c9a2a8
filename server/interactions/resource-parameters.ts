/** Parameters that are resources, beside those that are values. https://hl7.org/fhir/R4/parameters.html */
import { objectOf } from '../../resources/json-value.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Call } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import type { DataApart } from './write/data-apart.ts'

export interface Given {
  /** Values, by name. */
  readonly values: ReadonlyMap<string, string>
  /** Resources, by name, and their long data. */
  readonly resources: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly data?: DataApart
}

/** @returns the parameters of an operation whose parameters come once, by name; fails as `operationParameters` does. */
export function resourceParameters(call: Call): Result<Given> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const values = new Map<string, string>()
  const resources = new Map<string, Readonly<Record<string, unknown>>>()
  let data: DataApart | undefined
  for (const [name, value, held] of parameters.value) {
    if (held === undefined) values.set(name, value)
    else resources.set(name, objectOf(held.value) ?? {})
    data ??= held?.data
  }
  return ok({ values, resources, ...(data === undefined ? {} : { data }) })
}
