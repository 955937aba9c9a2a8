/** Which operations a statement promises of a type. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.operation */
import { objectOf, textOf } from './json-value.ts'
import {
  isPerformed,
  type Operation,
  type OperationLevel,
  type OperationName,
  operationNamed,
  operations,
} from './operations.ts'

/** Says what is wrong, and where. */
type Complain = (expression: string, diagnostics: string) => void

/** One promise and its place in the statement. */
interface Promised {
  readonly at: string
  readonly json: unknown
}

/** `type` undefined: promised of the whole server. */
function readOperation({ at, json }: Promised, type: string | undefined, complain: Complain): readonly OperationName[] {
  const promised = objectOf(json)
  const name = operationNamed(textOf(promised?.name) ?? '')
  const levels: readonly OperationLevel[] = type === undefined ? ['system'] : ['instance', 'type']
  const { definition }: Partial<Operation> = name === undefined ? {} : operations[name]
  if (name === undefined || !levels.some(level => isPerformed(name, level, type)))
    complain(at, `expected an operation on ${type ?? 'the server'} that has code, found a promise without code`)
  else if (promised?.definition !== definition) complain(`${at}.definition`, `expected "${definition}"`)
  else return [name]
  return []
}

/** Returns the operations that are promised of `type`, or of the whole server; complains of those without code. */
export const readOperations = (
  promises: readonly Promised[],
  type: string | undefined,
  complain: Complain,
): ReadonlySet<OperationName> => new Set(promises.flatMap(promise => readOperation(promise, type, complain)))
