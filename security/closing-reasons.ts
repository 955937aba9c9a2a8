/** Why a record is closed, and who may say so. `access.md` section 4, last row; `docs/decisions/0032-the-record-s-life.md` */
import { listOf, objectOf, textOf } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import type { Principal } from './principal.ts'

/** The code system of the first code, which software of the French record sends; the two others are ours. */
export const closingReasonSystem = 'urn:oid:1.2.250.1.213.4.1.2.4'

export const deathReason = 'FERMETURE_DECES'

export const closingReasons: ReadonlyMap<string, Principal['kind']> = new Map([
  ['FERMETURE_DEMANDE_PATIENT', 'patient'],
  [deathReason, 'operator'],
  ['FERMETURE_OPPOSITION', 'operator'],
])

/** When and why a record was closed, on its Patient: the extension of the draft guide PDSM4DMP, transaction TD0.2. */
export const closingExtension = 'https://interop.esante.gouv.fr/ig/fhir/dmp/StructureDefinition/dmp-fermeture'

/** @returns the place of that extension in a list of them; -1 where there is none. */
export const closingPlace = (extensions: unknown): number =>
  listOf(extensions).findIndex(each => objectOf(each)?.url === closingExtension)

/** The code of why the record was closed; undefined where the Patient does not say. */
function closingReasonOf({ extension }: Resource): string | undefined {
  const own = objectOf(listOf(extension)[closingPlace(extension)])
  const motif = listOf(own?.extension)
    .map(objectOf)
    .find(each => each?.url === 'motifFermeture')
  return textOf(objectOf(listOf(objectOf(motif?.valueCodeableConcept)?.coding)[0])?.code)
}

/** Whether a Patient says that its record was closed by a death: what only an operator says and undoes. */
export const saysDeath = (patient: Resource): boolean => closingReasonOf(patient) === deathReason
