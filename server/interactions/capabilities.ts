/** The capabilities interaction: what was read at start is what is answered. https://hl7.org/fhir/R4/http.html#capabilities */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { operationDefinition } from './operation-definition.ts'
import { askedPart, cut, keepsOf } from './part.ts'

/** The parts of the statement that `mode` may ask for: all of it. What it asks of terminologies is another resource, and not kept. */
const modes: ReadonlySet<string> = new Set(['full', 'normative'])

/** @returns the capability statement, or the definition of the operation whose name stands in the place of an id; 400 for a parameter that has no meaning here. */
export async function capabilities(context: Context, call: Call): Promise<Result<Reply>> {
  const { id, parameters } = call
  const isMode = ([name]: readonly [string, string]): boolean => name === 'mode' && id === undefined
  if (parameters.some(each => isMode(each) && !modes.has(each[1])))
    return fail(
      'badParameter',
      'expected mode=full or mode=normative: no TerminologyCapabilities are kept',
      'http.mode',
    )
  const type = id === undefined ? 'CapabilityStatement' : 'OperationDefinition'
  const part = askedPart(context, { ...call, type, parameters: parameters.filter(each => !isMode(each)) })
  if (!part.ok) return part
  const body = id === undefined ? context.statement : operationDefinition(id, context.base)
  if (body === undefined) return fail('notServed', 'expected the name of an operation of this server, found another')
  const isWhole = part.value.elements.length === 0 && part.value.summary === 'false'
  return ok({ status: 200, headers: {}, body: isWhole ? body : cut(body, keepsOf(context, part.value, type)) })
}
