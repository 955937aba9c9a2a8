/** A write that names its resource has nothing to ask in its URL. https://hl7.org/fhir/R4/http.html#general */
import { fail, type Result } from '../../resources/outcome.ts'
import type { Call } from './interaction.ts'

/** What says in which form to answer. */
export const forms: ReadonlySet<string> = new Set(['_format', '_pretty'])

/**
 * @returns the refusal of a parameter that a create, or a write by id, would pass over: who writes `?_cascade=delete` or
 * `POST Patient?identifier=…` means something by it. Undefined where there is none.
 */
export function strayParameter({ interaction, id, parameters }: Call): Result<never> | undefined {
  if (parameters.length === 0 || (interaction !== 'create' && id === undefined)) return undefined
  const [stray] = parameters.find(([name]) => !forms.has(name)) ?? []
  if (stray === undefined) return undefined
  const name = stray.slice(0, 64)
  return fail('unknownParameter', `expected no parameter beside _format and _pretty, found "${name}"`, `http.${name}`)
}
