/** Which compartments a statement promises to search. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.compartment */

const ofPatient = 'http://hl7.org/fhir/CompartmentDefinition/patient'

/** Returns the types whose instances' compartments are searched: a record is that of its Patient, and no other is kept. */
export function readCompartments(
  at: string,
  canonicals: ReadonlySet<string>,
  complain: (expression: string, diagnostics: string) => void,
): ReadonlySet<string> {
  for (const canonical of canonicals)
    if (canonical !== ofPatient) complain(`${at}.compartment`, `expected "${ofPatient}", found another`)
  return new Set(canonicals.has(ofPatient) ? ['Patient'] : [])
}
