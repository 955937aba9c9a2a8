/** One search for each type of parameter, in the results of a patient: a table. They are measured when `--only` names them, as `P.*`. */
import { inTurn, type Kind } from './kind.ts'
import { finess, loinc } from './record-resources.ts'

const ucum = 'http://unitsofmeasure.org%7Cg/dL'

/** Name of the type, what one request asks of `Observation`. */
const asked: readonly (readonly [type: string, query: string])[] = [
  ['token', `code=${loinc}%7C718-7`],
  ['token-not', `code:not=${loinc}%7C718-7`],
  ['date', 'date=ge2026-03-01&date=lt2026-05-01'],
  ['quantity', `value-quantity=ge13%7C${ucum}`],
  ['composite', `code-value-quantity=${loinc}%7C718-7$ge13%7C${ucum}`],
  ['reference', `performer:identifier=${finess}%7C990100018`],
  ['string', 'performer:Organization.name=centre'],
  ['uri', '_profile=http://hl7.org/fhir/StructureDefinition/Observation'],
  ['missing', 'value-quantity:missing=true'],
  ['filter', `_filter=${encodeURIComponent(`code eq ${loinc}|718-7 and date ge 2026-03-01`)}`],
]

export const byParameter: readonly Kind[] = asked.map(([type, query]) => ({
  ...{ name: `P.${type}`, as: 'gp', does: `results of a patient by a parameter: ${type}` },
  open: ({ read, root }) => {
    const next = inTurn(read)
    return () => ({ method: 'GET', path: `${root}/Observation?patient=${next().patientId}&_count=20&${query}` })
  },
}))
