/** Parameters where none has a meaning. What would have been a condition must not be passed over. https://hl7.org/fhir/R4/http.html#ccreate */
import { fail, type Result } from '../../resources/outcome.ts'
import type { Call } from './interaction.ts'

/** What says in which form to answer. */
export const forms: ReadonlySet<string> = new Set(['_format', '_pretty'])

/** @returns 400 for a parameter of a create, or of a write whose URL names the resource; undefined where there is none. */
export function strayParameter({ interaction, id, parameters }: Call): Result<never> | undefined {
  if (parameters.length === 0 || (interaction !== 'create' && id === undefined)) return undefined
  const [stray] = parameters.find(([name]) => !forms.has(name)) ?? []
  if (stray === undefined) return undefined
  const name = stray.slice(0, 64)
  const remedy = interaction === 'create' ? ': the condition of a create stands in If-None-Exist' : ''
  return fail(
    'unknownParameter',
    `expected no parameter but _format and _pretty for this ${interaction}, found "${name}"${remedy}`,
    `http.${name}`,
  )
}
