/** The operations that this server performs: a new one is a new row, and its code. https://hl7.org/fhir/R4/operations.html */

import { lifeOperationRows } from './life-operation-rows.ts'
import { type Operation, type OperationLevel, one, ownDefinitions } from './operation-row.ts'

export { type Operation, type OperationLevel, type OperationParameter, ownDefinitions } from './operation-row.ts'

export const operations = {
  /** https://hl7.org/fhir/R4/patient-operation-everything.html */
  everything: {
    definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
    levels: ['instance'],
    types: ['Patient'],
    affectsState: false,
    says: 'All that you may see of the record of a Patient',
    parameters: [
      one(['start', 'date'], 'Care on this day, or later.'),
      one(['end', 'date'], 'Care on this day, or earlier.'),
      one(['_since', 'instant'], 'What was updated at this instant, or later.'),
      { ...one(['_type', 'code'], 'Names of resource types, separated by commas.'), repeats: true },
      one(['_count', 'integer'], 'Resources on a page; without it the answer is one Bundle.'),
    ],
  },
  announce: {
    definition: `${ownDefinitions}announce`,
    levels: ['instance'],
    types: ['DocumentReference'],
    affectsState: true,
    says: 'Takes away the label that hides a document from its patient, who was told by a professional',
    parameters: [],
  },
  ...lifeOperationRows,
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof operations

export const operationNames = Object.keys(operations) as readonly OperationName[]

/** Whether the operation is performed at a level, on a type where there is one. */
export function isPerformed(name: OperationName, level: OperationLevel, type?: string): boolean {
  const { levels, types }: Operation = operations[name]
  return levels.includes(level) && (level === 'system' || (type !== undefined && types.includes(type)))
}

/** Returns the row of an operation by its name, as far as it is known. */
export const operationNamed = (name: string): OperationName | undefined => operationNames.find(each => each === name)
