/** Who acts in the access tests: every claim of a token in a few words. Nobody here exists. `access.md` section 1. */
import { demoIssuer } from '../../../server/demo/people.ts'

/** A token before it is signed. */
export interface Actor {
  readonly kind: 'professional' | 'structure' | 'patient' | 'representative' | 'insurance' | 'operator'
  readonly subject: string
  readonly scope: string
  /** The one record of a patient or representative, or of a SMART launch context. */
  readonly patient?: string
  /** Members of the claim `dmp` beside `kind` and `patient`. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface Code {
  readonly system: string
  readonly code: string
}

const nos = (name: string): string => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replace('_', '-')}`
const table =
  (name: string) =>
  (code: string): Code => ({ system: nos(name), code })

/** Codes of the nomenclatures that tokens carry. */
export const profession = table('TRE_G15-ProfessionSante')
export const training = table('TRE_G16-ProfessionFormation')
export const speciality = table('TRE_R38-SpecialiteOrdinale')
export const social = table('TRE_R94-ProfessionSocial')
export const title = table('TRE_R95-UsagerTitre')
export const otherProfession = table('TRE_R291-AutreProfession')
export const genre = table('TRE_R22-GenreActivite')

/** A professional by RPPS; a physician unless `claims` say otherwise. */
export const professional = (rpps: string, claims: Actor['claims'] = {}): Actor => ({
  kind: 'professional',
  subject: `rpps-${rpps}`,
  scope: 'user/*.cruds',
  claims: { rpps, profession: profession('10'), ...claims },
})

/** The system of a structure by FINESS. */
export const structure = (finess: string): Actor => ({
  kind: 'structure',
  subject: `finess-${finess}`,
  scope: 'system/*.cruds',
  claims: { structure: finess },
})

export const patientOf = ({ id }: { readonly id: string }): Actor => ({
  ...{ kind: 'patient', subject: `patient-${id}`, scope: 'patient/*.cruds', patient: id },
  claims: {},
})

/** The parent whom `representative` in contents.ts names. */
export const parentOf = ({ id }: { readonly id: string }): Actor => ({
  ...{ kind: 'representative', subject: 'parent', scope: 'patient/*.cruds', patient: id },
  claims: {},
})

/** How a RelatedPerson names the subject of a token. */
export const personOf = ({ subject }: Actor): { system: string; value: string } => ({
  system: demoIssuer,
  value: subject,
})

export const rpps = {
  gp: '99700010008',
  stranger: '99700010016',
  hospital: '99700010024',
  colleague: '99700010032',
  nurse: '99700010040',
  podologue: '99700010057',
  occupational: '99700010065',
  samu: '99700010073',
  emergency: '99700010081',
} as const

export const finess = {
  hospital: '990100018',
  laboratory: '990100026',
  practice: '990100034',
  samu: '990100042',
} as const

export const gp = professional(rpps.gp, { structure: finess.practice })
export const stranger = professional(rpps.stranger)
export const colleague = professional(rpps.colleague)
export const hospitalPhysician = professional(rpps.hospital, { structure: finess.hospital })
export const nurse = professional(rpps.nurse, { profession: profession('60') })
export const podologue = professional(rpps.podologue, { profession: profession('80') })
export const occupationalPhysician = professional(rpps.occupational, { specialities: [speciality('SM25')] })
export const samu = professional(rpps.samu, {
  structure: finess.samu,
  mode: 'centre_15',
  reason: 'appel pour une douleur thoracique',
})
export const emergencyPhysician = professional(rpps.emergency, {
  mode: 'bris_de_glace',
  reason: 'patient inconscient',
})
export const hospital = structure(finess.hospital)
export const laboratory = structure(finess.laboratory)
export const secretary: Actor = {
  ...{ kind: 'professional', subject: 'secretary', scope: 'user/*.cruds' },
  claims: { role: '331', structure: finess.hospital },
}
export const insurance: Actor = { kind: 'insurance', subject: 'insurance', scope: 'user/*.cruds', claims: {} }
export const operator: Actor = { kind: 'operator', subject: 'operator', scope: 'user/*.cruds', claims: {} }
