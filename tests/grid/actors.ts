/** Who asks in the grid: what his token says, and what the oracle must know of him. Nobody here exists. */
import {
  type Actor,
  type Code,
  finess,
  hospital,
  insurance,
  laboratory,
  nurse,
  operator,
  patientOf,
  personOf,
  profession,
  professional,
  secretary,
  speciality,
  structure,
  title,
} from '../access/support/cast.ts'
import type { Json } from '../access/support/contents.ts'
import type { DossierRecord } from '../access/support/stage.ts'

/** How a professional stands to the records, that of somebody else excepted. */
export type Relation =
  | 'none'
  | 'team'
  | 'treating'
  | 'authorised'
  | 'structure'
  | 'expired'
  | 'early'
  | 'blocked'
  | 'unblocked'

/** One who asks. */
export interface GridActor {
  readonly name: string
  readonly actor: Actor
  readonly kind: 'professional' | 'patient' | 'representative' | 'depositor' | 'nobody'
  /** The column of the matrix, as the official table heads it; null where a profession has none. */
  readonly column: string | null
  readonly relation: Relation
  readonly mode: 'normal' | 'bris_de_glace' | 'centre_15'
  /** Whom the rows name as their depositor when they are his. */
  readonly deposits?: 'hospital' | 'laboratory' | 'patient'
  readonly isAuthor?: true
  /** The types for which alone he was authorised. */
  readonly part?: readonly string[]
  /** The object that was denied to him by name. */
  readonly denied?: string
  /** Whether another actor is the same person in another mode. */
  readonly shares?: true
  /** Of a patient or representative: whether this very record is his. */
  readonly of?: string
}

interface Profession {
  readonly name: string
  readonly column: string
  readonly claims: Readonly<Record<string, unknown>>
}

const of = (name: string, column: string, code: Code, more: Json = {}): Profession => ({
  ...{ name, column },
  claims: { profession: code, ...more },
})

/** One profession of each column that a token can reach. dmp.md 1.2. */
const professions: readonly Profession[] = [
  of('médecin', 'J', profession('10')),
  of('biologiste', 'L', profession('21'), { cnopSection: 'G' }),
  of('pharmacien', 'N', profession('21'), { cnopSection: 'A' }),
  of('chirurgien-dentiste', 'P', profession('40')),
  of('sage-femme', 'R', profession('50')),
  of('infirmier', 'T', profession('60')),
  of('kinésithérapeute', 'V', profession('70')),
  of('pédicure-podologue', 'X', profession('80')),
  of('orthophoniste', 'Z', profession('91')),
  of('ergothérapeute', 'AB', profession('94')),
  of('audioprothésiste', 'AD', profession('26')),
  of('opticien', 'AF', profession('28')),
  of('manipulateur', 'AH', profession('98')),
]

const number = (at: number): string => `9970002${String(at).padStart(4, '0')}`

/** RPPS of those who are in the care team. */
export const inTeam: readonly string[] = professions.map((_, at) => number(at))

const physician = (at: number, more: Json = {}) => ({ rpps: number(at), actor: professional(number(at), more) })

/** Physicians in a special position. */
export const special = {
  treating: physician(100),
  authorised: physician(101),
  expired: physician(102),
  early: physician(103),
  blocked: physician(104),
  author: physician(105),
  administrator: physician(106),
  unblocked: physician(107),
  inPart: physician(108),
  denied: physician(109),
} as const

const inMode = (actor: Actor, mode: 'bris_de_glace' | 'centre_15'): Actor => ({
  ...actor,
  claims: { ...actor.claims, mode, reason: 'urgence vitale' },
})

const usual = { kind: 'professional', column: 'J', relation: 'none', mode: 'normal' } as const

const byProfession: readonly GridActor[] = professions.flatMap(({ name, column, claims }, at) => [
  { ...usual, name: `${name} of the care team`, column, relation: 'team', actor: professional(number(at), claims) },
  { ...usual, name: `${name} from elsewhere`, column, actor: professional(number(50 + at), claims) },
])

const physicians: readonly GridActor[] = [
  { ...usual, name: 'médecin traitant', relation: 'treating', actor: special.treating.actor },
  { ...usual, name: 'authorised physician', relation: 'authorised', actor: special.authorised.actor },
  { ...usual, name: 'physician whose authorisation expired', relation: 'expired', actor: special.expired.actor },
  { ...usual, name: 'physician whose authorisation begins later', relation: 'early', actor: special.early.actor },
  { ...usual, name: 'blocked physician', shares: true, relation: 'blocked', actor: special.blocked.actor },
  { ...usual, name: 'administrator', relation: 'treating', actor: special.administrator.actor },
  { ...usual, name: 'physician who was unblocked', relation: 'unblocked', actor: special.unblocked.actor },
  {
    ...{ ...usual, name: 'physician authorised for prescriptions', relation: 'authorised', part: ['57833-6'] },
    actor: special.inPart.actor,
  },
  {
    ...{ ...usual, name: 'physician to whom one document is denied', relation: 'authorised', denied: 'plain' },
    shares: true,
    actor: special.denied.actor,
  },
  {
    ...{ ...usual, name: 'the same who breaks the glass', relation: 'authorised', denied: 'plain' },
    mode: 'bris_de_glace',
    actor: inMode(special.denied.actor, 'bris_de_glace'),
  },
  { ...usual, name: 'author without authorisation', shares: true, isAuthor: true, actor: special.author.actor },
  {
    ...{ ...usual, name: 'nurse of an authorised structure', column: 'T', relation: 'structure' },
    actor: { ...nurse, claims: { ...nurse.claims, structure: finess.practice } },
  },
  {
    ...{ ...usual, name: 'blocked physician who breaks the glass', relation: 'blocked', mode: 'bris_de_glace' },
    actor: inMode(special.blocked.actor, 'bris_de_glace'),
  },
  {
    ...{ ...usual, name: 'blocked physician of the call centre', relation: 'blocked', mode: 'centre_15' },
    actor: inMode(special.blocked.actor, 'centre_15'),
  },
  {
    ...{ ...usual, name: 'author who breaks the glass', isAuthor: true, mode: 'bris_de_glace' },
    actor: inMode(special.author.actor, 'bris_de_glace'),
  },
  {
    ...{ ...usual, name: 'médecin traitant who breaks the glass', relation: 'treating', mode: 'bris_de_glace' },
    actor: inMode(special.treating.actor, 'bris_de_glace'),
  },
  ...(['bris_de_glace', 'centre_15'] as const).flatMap((mode): readonly GridActor[] => [
    { ...usual, name: `physician, ${mode}`, mode, actor: inMode(professional(number(110)), mode) },
    {
      ...{ ...usual, name: `nurse, ${mode}`, column: 'T', mode },
      actor: inMode(professional(number(111), { profession: profession('60') }), mode),
    },
    {
      ...{ ...usual, name: `podologue, ${mode}`, column: 'X', mode },
      actor: inMode(professional(number(112), { profession: profession('80') }), mode),
    },
  ]),
]

const depositor = { kind: 'depositor', column: null, relation: 'none', mode: 'normal' } as const
const nobody = { kind: 'nobody', column: null, relation: 'none', mode: 'normal' } as const

const others: readonly GridActor[] = [
  { ...depositor, name: 'the hospital', deposits: 'hospital', actor: hospital },
  { ...depositor, name: 'the laboratory', deposits: 'laboratory', actor: laboratory },
  { ...nobody, name: 'another structure', actor: structure('990100059') },
  {
    ...nobody,
    name: 'a secretary of another structure',
    actor: { ...secretary, claims: { role: '331', structure: '990100059' } },
  },
  { ...nobody, name: 'the insurance', actor: insurance },
  { ...nobody, name: 'the operator', actor: operator },
  {
    ...nobody,
    name: 'an occupational physician',
    actor: professional(number(120), { specialities: [speciality('SM25')] }),
  },
  { ...nobody, name: 'an osteopath', actor: professional(number(121), { profession: title('71') }) },
  { ...nobody, name: 'a professional without profession', actor: professional(number(122), { profession: undefined }) },
]

const parentToken = (record: DossierRecord, subject: string): Actor => ({
  ...{ kind: 'representative', subject, scope: 'patient/*.cruds', patient: record.id },
  claims: {},
})

const named = (subject: string): Json => ({
  identifier: [personOf({ kind: 'representative', subject, scope: '', claims: {} })],
})

/** How the records name those who represent, or did. */
export const people = {
  formerParent: named('former-parent'),
  relative: named('relative'),
  guardian: named('guardian'),
} as const

type OfKind = DossierRecord & { readonly kind: string }

const representative = (record: OfKind, subject: string): GridActor => ({
  ...{ kind: 'representative', column: null, relation: 'none', mode: 'normal', of: record.kind },
  ...{ name: `${subject} of the record "${record.kind}"`, actor: parentToken(record, subject) },
})

const noMore = (record: OfKind, subject: string): GridActor => ({
  ...{ ...nobody, name: `${subject} of "${record.kind}", who is none` },
  actor: parentToken(record, subject),
})

/** The patient of a record, and those who represent him, or do not any more. */
const familyOf = (record: OfKind): readonly GridActor[] => [
  {
    ...{ kind: 'patient', column: null, relation: 'none', mode: 'normal', deposits: 'patient' },
    ...{ name: `patient of the record "${record.kind}"`, of: record.kind, actor: patientOf(record) },
  },
  record.kind === 'adult' ? noMore(record, 'parent') : representative(record, 'parent'),
  ...(record.kind === 'open' || record.kind === 'closed' ? [representative(record, 'relative')] : []),
  record.kind === 'adult' ? representative(record, 'guardian') : noMore(record, 'former-parent'),
]

/** Everybody who asks. */
export const everybody = (records: readonly OfKind[]): readonly GridActor[] => [
  ...byProfession,
  ...physicians,
  ...others,
  ...records.flatMap(familyOf),
]
