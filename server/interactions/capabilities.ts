/** The capabilities interaction: what was read at start is what is answered. https://hl7.org/fhir/R4/http.html#capabilities */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { operationDefinition } from './operation-definition.ts'

/** The parts of the statement that `mode` may ask for: all of it. What it asks of terminologies is another resource, and not kept. */
const modes: ReadonlySet<string> = new Set(['full', 'normative'])

/** @returns the capability statement, or the definition of the operation whose name stands in the place of an id. */
export async function capabilities({ statement, base }: Context, { id, parameters }: Call): Promise<Result<Reply>> {
  const mode = parameters.find(([name, value]) => name === 'mode' && !modes.has(value))
  if (mode !== undefined)
    return fail(
      'badParameter',
      'expected mode=full or mode=normative: no TerminologyCapabilities are kept',
      'http.mode',
    )
  const body = id === undefined ? statement : operationDefinition(id, base)
  if (body === undefined) return fail('notServed', 'expected the name of an operation of this server, found another')
  return ok({ status: 200, headers: {}, body })
}
