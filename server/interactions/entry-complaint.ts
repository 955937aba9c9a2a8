/** What is wrong with an entry of a Bundle, told with the status that it would have as a request of its own. https://hl7.org/fhir/R4/http.html#transaction */
import { type Complaint, failAll } from '../../resources/outcome.ts'

export interface EntryComplaint extends Complaint {
  /** Where the entry is well-formed, and asks what is not served. */
  readonly kind?: 'notServed' | 'notAllowed'
}

/** @returns the failure that tells all complaints; it has the status of the first. */
export const failEntries = ([first, ...others]: readonly [EntryComplaint, ...EntryComplaint[]]): ReturnType<
  typeof failAll
> => failAll(first.kind ?? 'malformedBody', [first, ...others])
