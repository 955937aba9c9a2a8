/** The national health identity in a Patient. `domain` of the identifiers: Identité Nationale de Santé. */
import { listOf, objectOf, textOf } from '../../../resources/json-value.ts'

/** INS-NIR, INS-NIA, and the roots of tests and demonstrations. */
const insSystems = new Set([
  'urn:oid:1.2.250.1.213.1.4.8',
  'urn:oid:1.2.250.1.213.1.4.9',
  'urn:oid:1.2.250.1.213.1.4.10',
  'urn:oid:1.2.250.1.213.1.4.11',
])

interface Ins {
  readonly system: string
  readonly value: string
}

const onlyOf = (found: readonly Ins[]): Ins | undefined => (found.length === 1 ? found[0] : undefined)

/**
 * @returns the one INS of a Patient as parsed JSON; undefined when there is none, or more than one. Beside the one in
 * use there may be those of records that were merged into this one (`use` old).
 */
export function insOf(patient: Readonly<Record<string, unknown>>): Ins | undefined {
  const found = listOf(patient.identifier).flatMap(entry => {
    const identifier = objectOf(entry)
    const system = textOf(identifier?.system)
    const value = textOf(identifier?.value)
    const isIns = system !== undefined && value !== undefined && insSystems.has(system)
    return isIns ? [{ ins: { system, value }, old: identifier?.use === 'old' }] : []
  })
  return onlyOf(found.map(({ ins }) => ins)) ?? onlyOf(found.filter(({ old }) => !old).map(({ ins }) => ins))
}
