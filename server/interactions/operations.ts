/** Every operation and its code. https://hl7.org/fhir/R4/operations.html */
import type { OperationName } from '../../resources/operations.ts'
import { fail } from '../../resources/outcome.ts'
import { announce } from './announce.ts'
import { everything } from './everything.ts'
import type { Perform } from './interaction.ts'

const code: Readonly<Record<OperationName, Perform>> = { announce, everything }

/** Performs the operation that the call names. */
export const operation: Perform = async (context, call) =>
  call.operation === undefined
    ? fail('notServed', 'expected the name of an operation, found none')
    : code[call.operation](context, call)
