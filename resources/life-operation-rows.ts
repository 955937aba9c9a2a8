/** The operations on a record's life, as rows of the table of operations. `docs/decisions/0032-the-record-s-life.md` */
import { type Operation, type OperationParameter, one, ownDefinitions } from './operation-row.ts'

const required = (...given: Parameters<typeof one>): OperationParameter => ({ ...one(...given), required: true })

/** What is asked about the agreement of the person. */
const agreement = [
  one(['agreed', 'boolean'], 'Whether the person agreed; without it nothing is kept.'),
  one(['notice', 'uri'], 'The version of the notice that the person was given.'),
  one(['collected', 'dateTime'], 'When the person agreed.'),
  one(['method', 'code'], 'How the person was asked: oral, paper or online.'),
]

/** The record that goes on is the target. */
const bothPatients = (['source', 'target'] as const).flatMap(which => [
  one([`${which}-patient`, 'Reference'], `The Patient of the ${which}.`),
  { ...one([`${which}-patient-identifier`, 'Identifier'], `Or an INS of the ${which}.`), repeats: true },
])

const ofPatient = { types: ['Patient'], affectsState: true } as const

export const lifeOperationRows = {
  open: {
    ...{ definition: `${ownDefinitions}open`, levels: ['type'], ...ofPatient },
    says: 'Opens the record of a person: with her agreement, or six weeks after she was informed unless she opposes',
    parameters: [
      required(['patient', 'Patient'], 'Who the person is, with exactly one INS.'),
      ...agreement,
      one(['informed', 'date'], 'Instead of an agreement, by the insurance or the operator: when she was informed.'),
    ],
  },
  oppose: {
    ...{ definition: `${ownDefinitions}oppose`, levels: ['type'], ...ofPatient },
    says: 'Keeps that a person wants no record, or takes it back',
    parameters: [
      required(['identifier', 'string'], 'The INS of the person: its system, a vertical bar and its value.'),
      one(['withdrawn', 'boolean'], 'Whether the person takes her opposition back.'),
    ],
  },
  close: {
    ...{ definition: `${ownDefinitions}close`, levels: ['instance'], ...ofPatient },
    says: 'Closes a record: nobody reads it any more, and it is destroyed ten years later',
    parameters: [
      required(['reason', 'code'], 'FERMETURE_DEMANDE_PATIENT, FERMETURE_DECES or FERMETURE_OPPOSITION.'),
      one(['text', 'string'], 'The reason in words.'),
    ],
  },
  reactivate: {
    ...{ definition: `${ownDefinitions}reactivate`, levels: ['instance'], ...ofPatient },
    says: 'Opens a closed record again: everything is back, authorisations are not',
    parameters: agreement,
  },
  destroy: {
    ...{ definition: `${ownDefinitions}destroy`, levels: ['instance'], types: ['Patient', 'DocumentReference'] },
    affectsState: true,
    says: 'Destroys a record, or one document, for good',
    parameters: [one(['reason', 'code'], 'By the operator: DEMANDE_TITULAIRE, MOTIF_LEGITIME or DECISION_JUSTICE.')],
  },
  /** Names of parameters as the later FHIR has them. https://hl7.org/fhir/R5/patient-operation-merge.html */
  merge: {
    ...{ definition: `${ownDefinitions}merge`, levels: ['type'], ...ofPatient },
    says: 'Makes one record of two of one person: for the operator who watches over identities',
    parameters: [
      ...bothPatients,
      required(['reason', 'code'], 'CHANGEMENT_INS or DOUBLON. The trails of both records keep it.'),
      one(['preview', 'boolean'], 'Whether it is only told what would move, by type and number.'),
    ],
  },
  unmerge: {
    ...{ definition: `${ownDefinitions}unmerge`, levels: ['type'], ...ofPatient },
    says: 'Parts two records that were merged: what the source brought goes back to it, authorisations do not',
    parameters: [
      ...bothPatients,
      required(
        ['reason', 'code'],
        'FUSION_ERRONEE, DECISION_JUSTICE or NOUVELLE_FUSION. The trails of both records keep it.',
      ),
      { ...one(['resource', 'Reference'], 'What was deposited since, and is the source’s.'), repeats: true },
      one(
        ['preview', 'boolean'],
        'Whether it is only told what would move, and what was deposited since in the source’s name.',
      ),
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>
