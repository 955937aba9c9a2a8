/** The condition of a create as clients write it. https://hl7.org/fhir/R4/http.html#ccreate */

/** What R4 leaves out, and the clients of HAPI FHIR send: the address of the type, with or without that of a server. */
const address = /^(?:https?:\/\/[^?#\s]*\/|\/)?([A-Z][A-Za-z]{1,63})\?(.*)$/s

/**
 * Returns the search parameters of `If-None-Exist` alone: what stands before the `?` names the type that is created, and
 * nothing more. Anything else is returned as it is, and refused where the parameters are read.
 */
export function conditionOfCreate(type: string, written: string): string {
  const [, named, parameters] = address.exec(written) ?? []
  if (named === type && parameters !== undefined) return parameters
  return written.startsWith('?') ? written.slice(1) : written
}
