/** The Patient of whom a document was made stands beside its subject. IHE MHD, DocumentReference.context.sourcePatientInfo. */
import { objectOf, textOf } from '../../../resources/json-value.ts'
import type { Reference, Resource } from '../../../resources/resource.ts'

/** @returns the reference to that Patient, where there is one. */
export function sourcePatient(resource: Resource): Reference | undefined {
  const info = objectOf(objectOf(resource.context)?.sourcePatientInfo)
  const reference = textOf(info?.reference)
  return reference === undefined ? undefined : { reference }
}
