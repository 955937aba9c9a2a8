/** One search for each type of parameter, in the results of a patient: a table. They are measured when `--only` names them, as `P.*`. */
import { structures } from '../server/demo/people.ts'
import { family } from './deposit-records.ts'
import { inTurn, type Kind } from './kind.ts'
import { finess, loinc, profile } from './record-resources.ts'

const ucum = 'http://unitsofmeasure.org%7Cg/dL'

/** Name of the type, what one request asks in a record, and of which resources where it is not results. */
const asked: readonly (readonly [type: string, query: string, searched?: string])[] = [
  ['token', `code=${loinc}%7C718-7`],
  ['token-not', `code:not=${loinc}%7C2345-7`],
  ['date', 'date=ge2026-03-01&date=lt2026-05-30'],
  ['quantity', `value-quantity=ge13%7C${ucum}`],
  ['composite', `code-value-quantity=${loinc}%7C718-7$ge13%7C${ucum}`],
  ['reference', `performer:identifier=${finess}%7C${structures.hospital.finess}`],
  ['string', `performer:Practitioner.family=${family.toLowerCase()}`],
  ['uri', `_profile=${profile}`, 'DocumentReference'],
  ['missing', 'value-quantity:missing=false'],
  ['filter', `_filter=${encodeURIComponent(`code eq ${loinc}|718-7 and date ge 2026-03-01`)}`],
]

export const byParameter: readonly Kind[] = asked.map(([type, query, searched = 'Observation']) => ({
  ...{ name: `P.${type}`, as: 'gp', finds: true, does: `of a patient, ${searched} by a parameter: ${type}` },
  open: ({ read, root }) => {
    const next = inTurn(read)
    return () => ({ method: 'GET', path: `${root}/${searched}?patient=${next().patientId}&_count=20&${query}` })
  },
}))
