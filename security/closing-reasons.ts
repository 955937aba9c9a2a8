/** Why a record is closed, and who may say so. `access.md` section 4, last row; `docs/decisions/0032-the-record-s-life.md` */
import type { Principal } from './principal.ts'

/** The code system of the first code, which software of the French record sends; the two others are ours. */
export const closingReasonSystem = 'urn:oid:1.2.250.1.213.4.1.2.4'

export const closingReasons: ReadonlyMap<string, Principal['kind']> = new Map([
  ['FERMETURE_DEMANDE_PATIENT', 'patient'],
  ['FERMETURE_DECES', 'operator'],
  ['FERMETURE_OPPOSITION', 'operator'],
])

/** What only an operator undoes. */
export const deathReason = 'FERMETURE_DECES'
