/** The parameters whose Patients the scalar `patient` of a row stands for. `access.md` sections 5 and 9. */
import type { ServedType } from '../resources/catalog.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'

/**
 * Whether a Patient that this parameter names is the one whose record holds the row: `patient` and `subject` of a type
 * of the patient's compartment. Such references make no keys, and such values are no part of the query.
 */
export const isPatientScalar = (
  { compartment }: ServedType,
  { code, type, target }: SearchParameterDefinition,
): boolean =>
  (code === 'patient' || code === 'subject') &&
  type === 'reference' &&
  compartment.length > 0 &&
  (target.length === 0 || target.includes('Patient'))
