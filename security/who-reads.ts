/** Who may read a row, or enter a record, and why: every column, everybody who is named, every mode, tried by what decides requests. */

import { acting, nobody, ofColumns, ofRecord, systemOf } from './hypothetical.ts'
import type { AccessMode } from './principal.ts'
import { hidingOf, type Naming, namingsOf, type Relation, type RuleSource } from './rule-sources.ts'
import { type Subject, type Verdict, verdictOn } from './verdict.ts'

const modes = ['normal', 'bris_de_glace', 'centre_15'] as const satisfies readonly AccessMode[]
const emergencyModes = ['bris_de_glace', 'centre_15'] as const

/** A family of professions. */
export interface OfColumn {
  readonly column: string
  /** Once the patient authorises somebody of it. */
  readonly verdict: Verdict
  /** Modes in which somebody of it reads whom nobody authorised. */
  readonly emergency: readonly AccessMode[]
}

export interface OfMode {
  readonly mode: AccessMode
  readonly verdict: Verdict
  /** The Consents that oppose it. */
  readonly sources: readonly string[]
}

/** A professional or a structure that the record names. */
export interface OfActor {
  /** `rpps:…` or `finess:…` */
  readonly actor: string
  readonly relations: readonly Relation[]
  readonly verdict: Verdict
  /** By which columns he reads in each mode; a structure's are those of its professionals. */
  readonly columns: readonly { readonly mode: AccessMode; readonly columns: readonly string[] }[]
  readonly namings: readonly Naming[]
}

export interface OfRepresentative {
  readonly source: string
  readonly kind: 'legal' | 'relative'
  readonly from: number | null
  readonly before: number | null
  readonly verdict: Verdict
}

/** A Consent that hides the row. */
export interface OfMask {
  readonly source: string
}

export interface Readers {
  readonly patient: Verdict
  readonly columns: readonly OfColumn[]
  readonly modes: readonly OfMode[]
  /** They are tried as they are asked for. */
  readonly actors: Iterable<OfActor>
  readonly representatives: readonly OfRepresentative[]
  readonly masks: readonly OfMask[]
}

/** Where several professions fare differently, the last of these is what closes the row to all of them. */
const ranks: readonly string[] = ['readable-by-matrix', 'authorised', 'visible']

/** Of several verdicts the one that got furthest: a door that opens, else a row that stays closed behind an open door. */
const rank = ({ reads, because }: Verdict): number => (reads ? ranks.length + 1 : ranks.indexOf(because) + 1)

const furthest = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.reduce((best, verdict) => (rank(verdict) > rank(best) ? verdict : best), {
    ...{ reads: false, because: 'authorised' },
    ...verdicts[0],
  } as Verdict)

/** The record as if its holder had authorised somebody whom nothing else is said of. */
const authorising = (subject: Subject): Subject => ({
  ...subject,
  facts: {
    ...subject.facts,
    authorised: [...subject.facts.authorised, { actor: nobody, from: null, before: null }],
  },
})

function columnsOf(subject: Subject): readonly OfColumn[] {
  const authorised = authorising(subject)
  return [...ofColumns(subject.policy)].map(([column, professional]) => ({
    column,
    verdict: verdictOn(authorised, acting(professional, nobody, 'normal')),
    emergency: emergencyModes.filter(mode => verdictOn(subject, acting(professional, nobody, mode)).reads),
  }))
}

const opposes = ({ says: { emergency } }: RuleSource, mode: AccessMode): boolean =>
  (mode === 'bris_de_glace' && !emergency.breakGlass) || (mode === 'centre_15' && !emergency.centre15)

/** Each mode to somebody who needs nothing else: the physicians' column reads the most. */
function modesOf(subject: Subject, sources: readonly RuleSource[]): readonly OfMode[] {
  const authorised = authorising(subject)
  const all = [...ofColumns(subject.policy).values()]
  return modes.map(mode => ({
    mode,
    verdict: furthest(all.map(each => verdictOn(mode === 'normal' ? authorised : subject, acting(each, nobody, mode)))),
    sources: sources.filter(source => opposes(source, mode)).map(({ reference }) => reference),
  }))
}

const authorPrefix = '#author='

/** Whom the row itself names. */
function namedByRow({ entry: { depositor, search } }: Subject): readonly (readonly [string, Relation])[] {
  const authors = search.token.filter(key => key.startsWith(authorPrefix)).map(key => key.slice(authorPrefix.length))
  return [
    ...authors.map(author => [author, 'author'] as const),
    ...(depositor === null ? [] : [[depositor, 'depositor'] as const]),
  ].filter(([actor]) => /^(?:rpps|finess):/.test(actor))
}

function actorOf(subject: Subject, actor: string, said: Pick<OfActor, 'relations' | 'namings'>): OfActor {
  const professionals = [...ofColumns(subject.policy)]
  const tried = modes.map(mode => ({
    mode,
    tries: professionals.map(([column, each]) => ({
      column,
      verdict: verdictOn(subject, acting(each, actor, mode)),
    })),
  }))
  const system = actor.startsWith('finess:') ? [verdictOn(subject, systemOf(actor))] : []
  const normal = tried.flatMap(({ mode, tries }) => (mode === 'normal' ? tries.map(({ verdict }) => verdict) : []))
  return {
    ...{ actor, ...said },
    verdict: furthest([...normal, ...system]),
    columns: tried
      .map(({ mode, tries }) => ({ mode, columns: tries.filter(each => each.verdict.reads).map(each => each.column) }))
      .filter(({ columns }) => columns.length > 0),
  }
}

/** How many professionals and structures a record may name for the question to be answered. */
export const mostActors = 200

/** Everybody whom the record or the row names, one after the other: each takes a while. */
function* actorsOf(subject: Subject, namings: readonly Naming[]): Generator<OfActor> {
  const byRow = namedByRow(subject)
  const actors = new Set([...namings.map(({ actor }) => actor), ...byRow.map(([actor]) => actor)])
  for (const actor of actors) {
    const own = namings.filter(naming => naming.actor === actor)
    const relations = [
      ...own.filter(({ active }) => active).map(({ relation }) => relation),
      ...byRow.filter(([each]) => each === actor).map(([, relation]) => relation),
    ]
    yield actorOf(subject, actor, { relations: [...new Set(relations)], namings: own })
  }
}

const representativesOf = (subject: Subject, sources: readonly RuleSource[]): readonly OfRepresentative[] =>
  sources.flatMap(({ reference: source, says }) =>
    says.representatives.map(({ person, kind, from, before }) => ({
      ...{ source, kind, from, before },
      verdict: verdictOn(subject, ofRecord('representative', subject.facts.patient, person)),
    })),
  )

/** The Consents by which somebody authorised does not read what he would read without them. */
function masksOf(subject: Subject, sources: readonly RuleSource[]): readonly OfMask[] {
  const { entry } = subject
  const { parts: _parts, ...facts } = authorising(subject).facts
  const bare = { ...subject, facts: { ...facts, masks: [] }, entry: { ...entry, mask: 0 } }
  const reads = (said: Partial<Subject['facts']>): boolean =>
    [...ofColumns(subject.policy).values()].some(
      each => verdictOn({ ...bare, facts: { ...bare.facts, ...said } }, acting(each, nobody, 'normal')).reads,
    )
  const readsUnmasked = reads({})
  return sources
    .map(source => ({ reference: source.reference, ...hidingOf(source, subject.facts) }))
    .filter(({ masks, maskedRows, parts }) => masks.length + maskedRows.length + parts.length > 0)
    .filter(
      ({ masks, maskedRows, parts }) =>
        maskedRows.some(row => row === entry.id || entry.follows?.includes(row) === true) ||
        (readsUnmasked && !reads({ masks, parts })),
    )
    .map(({ reference }) => ({ source: reference }))
}

/** @returns everybody who may read the row, and those named by the record who may not; undefined when too many are named. */
export function whoReads(subject: Subject, sources: readonly RuleSource[]): Readers | undefined {
  const namings = namingsOf(sources, subject)
  if (new Set(namings.map(({ actor }) => actor)).size > mostActors) return undefined
  return {
    patient: verdictOn(subject, ofRecord('patient', subject.facts.patient)),
    columns: columnsOf(subject),
    modes: modesOf(subject, sources),
    actors: actorsOf(subject, namings),
    representatives: representativesOf(subject, sources),
    masks: masksOf(subject, sources),
  }
}
