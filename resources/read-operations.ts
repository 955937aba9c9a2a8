/** Which operations a statement promises of a type. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.operation */
import { objectOf, textOf } from './json-value.ts'
import { type Operation, type OperationName, operationNamed, operations } from './operations.ts'

/** Says what is wrong, and where. */
type Complain = (expression: string, diagnostics: string) => void

/** One promise and its place in the statement. */
interface Promised {
  readonly at: string
  readonly json: unknown
}

function readOperation({ at, json }: Promised, type: string, complain: Complain): readonly OperationName[] {
  const promised = objectOf(json)
  const name = operationNamed(textOf(promised?.name) ?? '')
  const { types, definition }: Partial<Operation> = name === undefined ? {} : operations[name]
  if (name === undefined || types?.includes(type) !== true)
    complain(at, `expected an operation on ${type} that has code, found a promise without code`)
  else if (promised?.definition !== definition) complain(`${at}.definition`, `expected "${definition}"`)
  else return [name]
  return []
}

/** Returns the operations that are promised of `type`; complains of those without code. */
export const readOperations = (
  promises: readonly Promised[],
  type: string,
  complain: Complain,
): ReadonlySet<OperationName> => new Set(promises.flatMap(promise => readOperation(promise, type, complain)))

/** No operation is performed on the whole server. */
export function refuseOperations(promises: readonly Promised[], complain: Complain): void {
  for (const { at } of promises) complain(at, 'expected no operation, found a promise without code')
}
