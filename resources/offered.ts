/** Which operations a capability statement offers. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.operation */
import type { Catalog } from './catalog.ts'
import { isPerformed, type OperationLevel, type OperationName } from './operations.ts'

/** @returns whether the operation is promised, of the type or of the whole server, and performed there. */
export function isOffered(
  operation: OperationName,
  level: OperationLevel,
  { catalog, type }: { readonly catalog: Catalog; readonly type: string },
): boolean {
  const promised = level === 'system' ? catalog.operations : catalog.types.get(type)?.operations
  return promised?.has(operation) === true && isPerformed(operation, level, type)
}
