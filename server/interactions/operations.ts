/** Every operation and its code. https://hl7.org/fhir/R4/operations.html */
import type { OperationName } from '../../resources/operations.ts'
import { fail } from '../../resources/outcome.ts'
import { announce } from './announce.ts'
import { everything } from './everything.ts'
import { explainAccess } from './explain-access.ts'
import type { Perform } from './interaction.ts'
import { close } from './life/close.ts'
import { destroy } from './life/destroy.ts'
import { merge } from './life/merge.ts'
import { open } from './life/open.ts'
import { oppose } from './life/oppose.ts'
import { reactivate } from './life/reactivate.ts'
import { unmerge } from './life/unmerge.ts'
import { rehearse } from './rehearse.ts'
import { reindex } from './reindex.ts'
import { whoCanAccess } from './who-can-access.ts'

const code: Readonly<Record<OperationName, Perform>> = {
  ...{ announce, everything, rehearse, reindex },
  ...{ 'who-can-access': whoCanAccess, 'explain-access': explainAccess },
  ...{ open, oppose, close, reactivate, destroy, merge, unmerge },
}

/** Performs the operation that the call names. */
export const operation: Perform = async (context, call) =>
  call.operation === undefined
    ? fail('notServed', 'expected the name of an operation, found none')
    : code[call.operation](context, call)
