/** The demonstration professionals, a row each. */
import type { DemoIdentity } from './identity.ts'
import { type PractitionerName, practitioners, type StructureName, structures } from './people.ts'

const nomenclature = (name: string): string => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replace('_', '-')}`
const professionSystem = nomenclature('TRE_G15-ProfessionSante')
const specialitySystem = nomenclature('TRE_R38-SpecialiteOrdinale')

interface ProfessionalRow {
  readonly name: PractitionerName
  readonly profession: string
  readonly shows: string
  readonly claims?: Readonly<Record<string, unknown>>
}

const rows: readonly ProfessionalRow[] = [
  {
    name: 'gp',
    profession: 'General practitioner, médecin traitant of Marie and of Léa',
    shows: 'all of their records, masked documents too, and what is still invisible to them',
  },
  {
    name: 'gp-unrelated',
    profession: 'General practitioner without any relation to a patient',
    shows: 'nothing of anybody: only that a record with an exact INS exists, and that it is not open to him',
  },
  {
    name: 'hospital-physician',
    profession: 'Physician of the hospital that Marie authorised',
    shows: 'the record of Marie but what is masked, and all that the physician or the hospital deposited',
  },
  {
    name: 'nurse',
    profession: 'Nurse in the care team of Marie',
    shows: 'the types of document that the column of nurses opens, masked ones excepted',
  },
  {
    name: 'podologue',
    profession: 'Pédicure-podologue whom Marie authorised',
    shows: 'the types of the column of podologues, so never a discharge summary (34112-3)',
  },
  {
    name: 'pharmacist',
    profession: 'Dispensing pharmacist whom Marie authorised',
    shows: 'the types of the column of pharmacists: prescriptions, biology, summaries',
    claims: { cnopSection: 'A' },
  },
  {
    name: 'biologist',
    profession: 'Pharmacist biologist of the laboratory',
    shows: 'what the laboratory deposited, for Marie authorised nobody there',
    claims: { cnopSection: 'G' },
  },
  {
    name: 'dentist',
    profession: 'Dental surgeon whose authorisation by Marie has expired',
    shows: 'nothing any more: the authorisation ended, and its status says so',
  },
  {
    name: 'blocked-physician',
    profession: 'Physician whom Marie blocked',
    shows: 'nothing of Marie, although the physician was authorised before',
  },
  {
    name: 'physiotherapist',
    profession: 'Physiotherapist whom Paul authorised',
    shows: 'the types of the column of physiotherapists in the record of Paul',
  },
  {
    name: 'midwife',
    profession: 'Midwife without any relation to a patient',
    shows: 'nothing of anybody; may authorise herself with the agreement of a patient',
  },
  {
    name: 'occupational-physician',
    profession: 'Occupational physician (SM25)',
    shows: 'nothing at all: occupational medicine has no column, and is told so (403)',
  },
  {
    name: 'samu',
    profession: 'Regulating physician of a SAMU',
    shows: 'every record whose holder did not oppose it, by the mode centre_15, masked documents only where allowed',
    claims: { mode: 'centre_15', reason: 'Appel au centre 15 pour une douleur thoracique' },
  },
  {
    name: 'emergency-physician',
    profession: 'Emergency physician who breaks the glass',
    shows:
      'every record whose holder did not oppose it, by the mode bris_de_glace, masked documents only where allowed',
    claims: { mode: 'bris_de_glace', reason: 'Patient inconscient aux urgences, pronostic vital engagé' },
  },
]

function professional({ name, profession, shows, claims }: ProfessionalRow): DemoIdentity {
  const who: { rpps: string; profession: string; speciality?: string; structure?: StructureName } = practitioners[name]
  return {
    name,
    kind: 'professional',
    profession,
    patient: null,
    shows,
    subject: `rpps-${who.rpps}`,
    scope: 'user/*.cruds',
    claims: {
      rpps: who.rpps,
      profession: { system: professionSystem, code: who.profession },
      ...(who.speciality && { specialities: [{ system: specialitySystem, code: who.speciality }] }),
      ...(who.structure && { structure: structures[who.structure].finess }),
      ...claims,
    },
  }
}

/** Every professional with a number. */
export const professionals: readonly DemoIdentity[] = rows.map(professional)
