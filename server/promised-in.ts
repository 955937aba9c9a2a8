/** What of a capability statement a regime can keep: operations that explain or change the law of the shared record are promised where it holds. */
import { listOf, objectOf, textOf } from '../resources/json-value.ts'
import { type Operation, operationNamed, operations } from '../resources/operations.ts'

type Regime = 'dmp' | 'smart' | 'none'

/** An operation that nobody knows stays: reading the statement complains of it. */
function isKept(promise: unknown, regime: Regime): boolean {
  const name = operationNamed(textOf(objectOf(promise)?.name) ?? '')
  const { regime: only }: Partial<Operation> = name === undefined ? {} : operations[name]
  return only === undefined || only === regime
}

function keepIn(place: unknown, regime: Regime): unknown {
  const { operation, ...rest } = objectOf(place) ?? {}
  const kept = listOf(operation).filter(promise => isKept(promise, regime))
  return kept.length === 0 ? rest : { ...rest, operation: kept }
}

/** @param statement parsed JSON. @returns the statement without operations that the regime does not have. */
export function promisedIn(statement: unknown, regime: Regime): unknown {
  const json = objectOf(statement)
  if (json === undefined || regime === 'dmp') return statement
  const rest = listOf(json.rest).map(each => {
    const { resource, ...others } = objectOf(keepIn(each, regime)) ?? {}
    return { ...others, resource: listOf(resource).map(type => keepIn(type, regime)) }
  })
  return { ...json, rest }
}
