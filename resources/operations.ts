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
  'who-can-access': {
    definition: `${ownDefinitions}who-can-access`,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: false,
    says: 'Who may read a document of a Patient, or enter the record, and why: for the patient and the médecin traitant',
    parameters: [
      one(['document', 'string'], 'A reference to a resource of the record; without it, the record as a whole.'),
    ],
    regime: 'dmp',
  },
  'explain-access': {
    definition: `${ownDefinitions}explain-access`,
    levels: ['system'],
    types: [],
    affectsState: false,
    says: 'Which conditions of access a request meets, in their order: your own, or as an operator somebody else’s',
    parameters: [
      one(['url', 'string'], 'The address of a GET, such as DocumentReference/id; or the two parameters that follow.'),
      one(['interaction', 'code'], 'The interaction, such as read.'),
      one(['reference', 'string'], 'Type/id, or the type alone.'),
      one(['reason', 'string'], 'As an operator: why you ask. The trail of the record keeps it.'),
      one(['principal', 'string'], 'As an operator: the claims of the token whose access is explained, as JSON.'),
    ],
    regime: 'dmp',
  },
  rehearse: {
    definition: `${ownDefinitions}rehearse`,
    levels: ['system'],
    types: [],
    affectsState: false,
    says: 'What a matrix or a Consent would open and close, by profession and type, before it is in force: for operators',
    parameters: [
      {
        ...one(
          ['matrix', 'string'],
          'The table as CSV; or as a resource Binary of that name. Figures are told in tens, rounded down.',
        ),
        orResource: true,
      },
      {
        ...one(
          ['consent', 'string'],
          'A Consent as JSON; or as a resource of that name. Its dataPeriod is of whole calendar years. Figures are told in tens, rounded down.',
        ),
        orResource: true,
      },
    ],
    regime: 'dmp',
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
  /** `server/search-parameters/` indexes rows by what operators define. */
  reindex: {
    definition: `${ownDefinitions}reindex`,
    levels: ['instance'],
    types: ['SearchParameter'],
    affectsState: true,
    tells: true,
    says: 'How far the index of a search parameter is; asked by POST, index all resources by it anew',
    parameters: [],
  },
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
