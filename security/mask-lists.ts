/** Which masks each kind of reader sees, as lists for a query. `access.md` sections 2 and 5; `docs/decisions/0036`. */
import { archived, invisiblePatient, invisibleRepresentants, masqueePs, withdrawn } from './mask.ts'

const all: readonly number[] = Object.freeze(Array.from({ length: 2 * withdrawn }, (_, mask) => mask))

/** The masks that hold none of the bits. */
const without = (bits: number): readonly number[] => Object.freeze(all.filter(mask => (mask & bits) === 0))

/** The masks that hold that bit and none of the others. */
const holding = (bit: number, bits: number): readonly number[] =>
  Object.freeze(all.filter(mask => (mask & bit) !== 0 && (mask & bits) === 0))

/** What an author sees of his own beside what everybody like him sees. */
const beside = (seen: readonly number[]): readonly number[] => Object.freeze(all.filter(mask => !seen.includes(mask)))

const professional = without(masqueePs | archived | withdrawn)
const treating = without(withdrawn)
const emergency = without(archived | withdrawn)

export const masks = {
  all,
  professional,
  hiddenFromProfessional: beside(professional),
  /** The médecin traitant: also what is masked, hidden from the patient or archived. */
  treating,
  hiddenFromTreating: beside(treating),
  /** In an emergency of which the patient lets masked documents be seen. */
  emergency,
  hiddenInEmergency: beside(emergency),
  patient: without(invisiblePatient | withdrawn),
  patientLater: holding(invisiblePatient, withdrawn),
  representative: without(invisiblePatient | invisibleRepresentants | withdrawn),
  representativeLater: holding(invisiblePatient, invisibleRepresentants | withdrawn),
} as const

/** The same for the trail: that a document was withdrawn hides nobody's access to it. */
export const trailMasks = {
  patient: without(invisiblePatient),
  patientLater: holding(invisiblePatient, 0),
  representative: without(invisiblePatient | invisibleRepresentants),
  representativeLater: holding(invisiblePatient, invisibleRepresentants),
} as const
