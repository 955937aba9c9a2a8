/** The smaller resources of a record, and those that say something of the others. */
import { coded, codings, type Described, day, finess, loinc, type Place } from './record-resources.ts'

export const allergy = ({ at, subject }: Place): Described => ({
  resourceType: 'AllergyIntolerance',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
  },
  code: { text: `Allergie ${at}` },
  patient: subject,
  recordedDate: day(at * 100),
})

export const medication = ({ at, subject }: Place): Described => ({
  resourceType: 'MedicationStatement',
  status: 'active',
  medicationCodeableConcept: { text: `Traitement ${at}` },
  subject,
  effectivePeriod: { start: day(at * 50) },
})

/** A report on results. @param results references to them */
export const report = ({ at, structure, subject }: Place, results: readonly string[]): Described => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  category: [codings('http://terminology.hl7.org/CodeSystem/v2-0074', 'LAB')],
  code: coded(loinc, '11502-2', 'Compte rendu d’examens biologiques'),
  subject,
  effectiveDateTime: `${day(at * 9)}T07:30:00+02:00`,
  issued: `${day(at * 9)}T17:30:00+02:00`,
  performer: [{ identifier: { system: finess, value: structure }, display: 'Laboratoire du centre hospitalier' }],
  result: results.map(reference => ({ reference })),
})

/** Who put something into the record. @param targets references */
export const provenance = ({ at, structure, practitioner }: Place, targets: readonly string[]): Described => ({
  resourceType: 'Provenance',
  target: targets.map(reference => ({ reference })),
  recorded: `${day(at * 9)}T17:30:00+02:00`,
  activity: codings('http://terminology.hl7.org/CodeSystem/v3-DataOperation', 'CREATE'),
  agent: [
    {
      type: codings('http://terminology.hl7.org/CodeSystem/provenance-participant-type', 'author'),
      who: { reference: practitioner },
    },
    { who: { identifier: { system: finess, value: structure } } },
  ],
})
