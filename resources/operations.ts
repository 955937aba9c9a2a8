/** The operations that this server performs: a new one is a new row, and its code. https://hl7.org/fhir/R4/operations.html */

export interface OperationParameter {
  readonly name: string
  /** Whether it may come more than once. */
  readonly repeats: boolean
  readonly says: string
}

export interface Operation {
  /** The canonical URL of its OperationDefinition. */
  readonly definition: string
  /** Types on whose instances it is performed. */
  readonly types: readonly string[]
  readonly says: string
  readonly parameters: readonly OperationParameter[]
}

const one = (name: string, says: string): OperationParameter => ({ name, repeats: false, says })

export const operations = {
  /** https://hl7.org/fhir/R4/patient-operation-everything.html */
  everything: {
    definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
    types: ['Patient'],
    says: 'All that you may see of the record of a Patient',
    parameters: [
      one('start', 'Care on this day, or later.'),
      one('end', 'Care on this day, or earlier.'),
      one('_since', 'What was updated at this instant, or later.'),
      { name: '_type', repeats: true, says: 'Names of resource types, separated by commas.' },
      one('_count', 'Resources on a page; without it the answer is one Bundle.'),
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof operations

export const operationNames = Object.keys(operations) as readonly OperationName[]

/** Returns the row of an operation by its name, as far as it is known. */
export const operationNamed = (name: string): OperationName | undefined => operationNames.find(each => each === name)
