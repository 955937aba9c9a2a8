/** The synthetic people and structures of the demonstration, and the systems that number them. Nobody here exists. */
import type { Identifier } from '../../resources/resource.ts'

/** Systems of French identifiers; the INS is always under its test root. */
export const systems = {
  ins: 'urn:oid:1.2.250.1.213.1.4.10',
  rpps: 'https://rpps.esante.gouv.fr',
  finess: 'https://finess.esante.gouv.fr',
} as const

/** The issuer of demonstration tokens, and the system of the persons whom it names. */
export const demoIssuer = 'https://demo.dossier.example'

/** A patient of the demonstration. `ins` ends with its control key: 97 less the first 13 digits modulo 97. */
export interface DemoPatient {
  readonly family: string
  readonly given: string
  readonly gender: 'female' | 'male'
  /** YYYY-MM-DD */
  readonly born: string
  /** COG code of the place of birth, as the INS traits hold it. */
  readonly birthplace: string
  readonly ins: string
}

/** By the name that identities and the loader use. */
export const patients = {
  marie: {
    family: 'ESSAI-MARTIN',
    given: 'Marie',
    gender: 'female',
    born: '1958-03-14',
    birthplace: '75115',
    ins: '258037599912305',
  },
  paul: {
    family: 'ESSAI-BERNARD',
    given: 'Paul',
    gender: 'male',
    born: '1985-07-02',
    birthplace: '76999',
    ins: '185076999904506',
  },
  lea: {
    family: 'ESSAI-PETIT',
    given: 'Léa',
    gender: 'female',
    born: '2010-06-21',
    birthplace: '33999',
    ins: '210063399907793',
  },
} as const satisfies Record<string, DemoPatient>

export type PatientName = keyof typeof patients

/** A structure: FINESS (its last digit is a Luhn key) and name. */
export interface DemoStructure {
  readonly finess: string
  readonly name: string
  /** TRE_R02-SecteurActivite. */
  readonly sector: string
}

export const structures = {
  hospital: { finess: '990001018', name: 'Centre hospitalier de démonstration', sector: 'SA01' },
  laboratory: { finess: '990001125', name: 'Laboratoire de biologie de démonstration', sector: 'SA25' },
  practice: { finess: '990001232', name: 'Cabinet médical de démonstration', sector: 'SA07' },
  pharmacy: { finess: '990001349', name: 'Pharmacie de démonstration', sector: 'SA33' },
  nursing: { finess: '990001679', name: 'Cabinet infirmier de démonstration', sector: 'SA07' },
  samu: { finess: '990001562', name: 'SAMU de démonstration', sector: 'SA01' },
} as const satisfies Record<string, DemoStructure>

export type StructureName = keyof typeof structures

/** A professional: RPPS (11 digits, the last a Luhn key) and civil name. */
export interface DemoPractitioner {
  readonly rpps: string
  readonly family: string
  readonly given: string
  /** Code of TRE_G15-ProfessionSante. */
  readonly profession: string
  /** Code of TRE_R38-SpecialiteOrdinale. */
  readonly speciality?: string
  readonly structure?: StructureName
}

export const practitioners = {
  gp: {
    rpps: '99700001011',
    family: 'DURAND',
    given: 'Anne',
    profession: '10',
    speciality: 'SM54',
    structure: 'practice',
  },
  'gp-unrelated': { rpps: '99700001383', family: 'LEROY', given: 'Hugo', profession: '10', speciality: 'SM54' },
  'hospital-physician': {
    rpps: '99700001755',
    family: 'MOREAU',
    given: 'Karim',
    profession: '10',
    speciality: 'SM04',
    structure: 'hospital',
  },
  nurse: { rpps: '99700002126', family: 'GARNIER', given: 'Lucie', profession: '60', structure: 'nursing' },
  podologue: { rpps: '99700002498', family: 'FAURE', given: 'Denis', profession: '80' },
  pharmacist: { rpps: '99700002860', family: 'ROUX', given: 'Nadia', profession: '21', structure: 'pharmacy' },
  'occupational-physician': {
    rpps: '99700003231',
    family: 'BLANC',
    given: 'Rémi',
    profession: '10',
    speciality: 'SM25',
  },
  samu: { rpps: '99700003603', family: 'COLIN', given: 'Inès', profession: '10', structure: 'samu' },
  'emergency-physician': { rpps: '99700003975', family: 'MARCHAND', given: 'Éric', profession: '10' },
  dentist: { rpps: '99700004346', family: 'NOEL', given: 'Sarah', profession: '40' },
  midwife: { rpps: '99700004718', family: 'ROBIN', given: 'Claire', profession: '50' },
  physiotherapist: { rpps: '99700005087', family: 'GAUTHIER', given: 'Théo', profession: '70' },
  biologist: { rpps: '99700005459', family: 'PERRIN', given: 'Léon', profession: '21', structure: 'laboratory' },
  'blocked-physician': { rpps: '99700005822', family: 'HENRY', given: 'Paule', profession: '10', speciality: 'SM54' },
} as const satisfies Record<string, DemoPractitioner>

export type PractitionerName = keyof typeof practitioners

/** The identifier of a patient, a professional or a structure, as contents carry it. */
export const insOf = (name: PatientName): Identifier => ({ system: systems.ins, value: patients[name].ins })
export const rppsOf = (name: PractitionerName): Identifier => ({
  system: systems.rpps,
  value: practitioners[name].rpps,
})
export const finessOf = (name: StructureName): Identifier => ({
  system: systems.finess,
  value: structures[name].finess,
})
