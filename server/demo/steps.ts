/** Who puts which file of fixtures/demo into the server, in order. */
import type { PatientName } from './people.ts'

/** One transaction of the loading. */
export interface LoadStep {
  /** Identity whose token posts the file. */
  readonly as: string
  /** Path under fixtures/demo, without the extension. */
  readonly file: string
  readonly says: string
  /** The patient whose record the step opens. */
  readonly opens?: PatientName
}

export const steps: readonly LoadStep[] = [
  { as: 'operator', file: 'directory', says: 'the operator writes the directory' },
  { as: 'gp', file: 'marie/open', says: 'her doctor opens the record of Marie', opens: 'marie' },
  { as: 'insurance', file: 'paul/open', says: 'the insurance opens the record of Paul', opens: 'paul' },
  { as: 'hospital', file: 'lea/open', says: 'the hospital opens the record of Léa', opens: 'lea' },
  { as: 'operator', file: 'lea/representative', says: 'the operator records the mother of Léa' },
  { as: 'patient-marie', file: 'marie/decisions', says: 'Marie decides who reads what' },
  { as: 'patient-paul', file: 'paul/decisions', says: 'Paul decides who reads what' },
  { as: 'patient-lea', file: 'lea/decisions', says: 'Léa names her doctor' },
  { as: 'gp', file: 'marie/summary', says: 'her doctor writes the synthesis of Marie' },
  { as: 'gp', file: 'marie/prescription', says: 'her doctor prescribes' },
  { as: 'gp', file: 'marie/sick-leave', says: 'her doctor signs a sick leave, a type that Marie hides' },
  { as: 'gp', file: 'marie/vaccinations', says: 'her doctor notes vaccinations' },
  { as: 'laboratory', file: 'marie/biology', says: 'the laboratory posts results of Marie' },
  { as: 'hospital', file: 'marie/ultrasound', says: 'the hospital pushes an ultrasound' },
  { as: 'hospital', file: 'marie/operation', says: 'the hospital pushes an operation' },
  { as: 'hospital', file: 'marie/stay', says: 'the hospital pushes a discharge summary' },
  { as: 'hospital', file: 'marie/masked-stay', says: 'the hospital pushes a masked stay' },
  { as: 'hospital', file: 'marie/finding-to-announce', says: 'the hospital pushes a finding to announce first' },
  { as: 'patient-marie', file: 'marie/directives', says: 'Marie deposits her advance directives' },
  { as: 'insurance', file: 'marie/reimbursement', says: 'the insurance deposits reimbursements' },
  { as: 'laboratory', file: 'paul/biology', says: 'the laboratory posts results of Paul' },
  { as: 'hospital', file: 'lea/visit', says: 'the hospital pushes a visit of Léa' },
  { as: 'hospital', file: 'lea/secret-visit', says: 'the hospital pushes a visit that Léa hides from her parents' },
]
