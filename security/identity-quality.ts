/** How far an identity can be relied on: only a qualified INS opens a record, or feeds one. `docs/decisions/0037-one-person-one-record.md` */
import { type JsonObject, listOf, objectOf, textOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { isIns } from './actor-identifier.ts'
import { objectsOf } from './elements.ts'
import { hasControlKey } from './ins-key.ts'

/** Where FR Core says how far an identity can be relied on. */
export const reliabilityUrl = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability'

/** Each status of FR Core (table v2-0445), and whether an INS may stand beside it. A status that is not here is none. */
export const identityStatuses: ReadonlyMap<string, { readonly means: string; readonly qualified: boolean }> = new Map([
  ['VALI', { means: 'validated', qualified: true }],
  ['VIDE', { means: 'not qualified yet', qualified: false }],
  ['PROV', { means: 'provisional', qualified: false }],
  ['DOUB', { means: 'a duplicate', qualified: false }],
  ['DESA', { means: 'deactivated', qualified: false }],
  ['DPOT', { means: 'a potential duplicate', qualified: false }],
  ['DOUA', { means: 'a proven duplicate', qualified: false }],
  ['COLP', { means: 'a potential collision', qualified: false }],
  ['COLV', { means: 'a proven collision', qualified: false }],
  ['FILI', { means: 'by filiation', qualified: false }],
  ['CACH', { means: 'hidden', qualified: false }],
  ['ANOM', { means: 'anonymous', qualified: false }],
  ['IDVER', { means: 'verified by the patient alone', qualified: false }],
  ['RECD', { means: 'received from another domain', qualified: false }],
  ['IDRA', { means: 'matched in another domain', qualified: false }],
  ['USUR', { means: 'usurped', qualified: false }],
  ['HOMD', { means: 'of a homonym', qualified: false }],
  ['HOMA', { means: 'of a proven homonym', qualified: false }],
  ['INVA', { means: 'invalidated', qualified: false }],
  ['FICT', { means: 'fictive', qualified: false }],
  ['DOUT', { means: 'doubtful', qualified: false }],
])

const codeOf = ({ valueCoding }: JsonObject): string => textOf(objectOf(valueCoding)?.code) ?? 'unknown'

/** The statuses that a Patient gives, all of each extension, wherever it stands; an extension that gives none counts as unknown. */
const statusesOf = (patient: Readonly<Record<string, unknown>>): readonly string[] =>
  [patient, ...objectsOf(patient.identifier)]
    .flatMap(({ extension, modifierExtension }) => [...objectsOf(extension), ...objectsOf(modifierExtension)])
    .filter(({ url }) => url === reliabilityUrl)
    .flatMap(({ extension }) => {
      const statuses = objectsOf(extension).filter(({ url }) => url === 'identityStatus')
      return statuses.length === 0 ? ['unknown'] : statuses.map(codeOf)
    })

const remedy = 'qualify it by the INSi service and send VALI, or leave the INS out'

/**
 * Judges the INS of a Patient beside the status that it gives. Where it gives none, the INS is taken as qualified: only
 * software that may use INSi sends one.
 * @param path where the Patient stands. Fails with 422.
 */
export function judgeIdentity(patient: Readonly<Record<string, unknown>>, path: string): Result<void> {
  if (!objectsOf(patient.identifier).some(isIns)) return ok(undefined)
  const poor = statusesOf(patient).find(status => identityStatuses.get(status)?.qualified !== true)
  if (poor === undefined) return ok(undefined)
  const means = identityStatuses.get(poor)?.means ?? 'unknown'
  const said = `expected an INS with a qualified identity (VALI), found one that is ${means}; ${remedy}`
  return fail('refusedByRule', said, `${path}.extension`)
}

/** Judges the Patients that a deposit contains: by one of them it may find its record. Fails with 422. */
export function judgeContained({ resourceType, contained }: Resource): Result<void> {
  for (const [place, inner] of listOf(contained).entries()) {
    const patient = objectOf(inner)
    if (patient?.resourceType !== 'Patient') continue
    const judged = judgeIdentity(patient, `${resourceType}.contained[${place}]`)
    if (!judged.ok) return judged
  }
  return ok(undefined)
}

/** Judges the numbers of a Patient who gets a record, or another INS. Fails with 422. */
export function judgeKeys(patient: Readonly<Record<string, unknown>>, path: string): Result<undefined> {
  const wrong = listOf(patient.identifier).findIndex(each => {
    const identifier = objectOf(each)
    return identifier !== undefined && isIns(identifier) && !hasControlKey(textOf(identifier.value) ?? '')
  })
  if (wrong < 0) return ok(undefined)
  const said = 'expected an INS of 13 characters and the control key that follows from them, found another'
  return fail('refusedByRule', said, `${path}.identifier[${wrong}].value`)
}
