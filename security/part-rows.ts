/** Which permits and denials for parts of a record concern a reader, and the rows that they open and shut. `access.md` sections 2 and 4. */
import { and, not, or, type Query } from '../search/query.ts'
import { actorsOf, personOf } from './actors.ts'
import { stands } from './block-ends.ts'
import { holdsAt } from './calendar.ts'
import { recordTypes } from './document-type.ts'
import type { Facts } from './facts.ts'
import { partQuery } from './part-query.ts'
import type { Limits, PartRule } from './part-rule.ts'
import type { Policy } from './policy.ts'
import type { AccessMode, Professional } from './principal.ts'

/** Who reads, when and in which record. */
export interface Reader {
  readonly professional: Professional
  readonly facts: Facts
  readonly now: number
}

/** Somebody who may be named in a provision. */
interface Person {
  /** `rpps:…`, `finess:…`. */
  readonly actors: readonly string[]
  readonly mode: AccessMode
  readonly now: number
}

const forCare: readonly AccessMode[] = ['normal']

/**
 * @param basis the door by which he entered; absent where it is none of an emergency.
 * @returns the modes in which denials bind him: that of his token, and that of care where he did not enter by his emergency, because the
 * patient opposes it or his profession has none.
 */
export const modesAtDoor = ({ mode }: Pick<Professional, 'mode'>, basis?: string): readonly AccessMode[] =>
  mode === 'normal' ? forCare : basis === mode ? [mode] : [mode, 'normal']

/** Whether a provision is about one of the actors, in the mode, now. */
const isAbout = (limits: Limits, { actors, mode, now }: Person): boolean =>
  holdsAt(limits, now) &&
  (limits.modes === null || limits.modes.includes(mode)) &&
  (limits.actor === null || actors.includes(limits.actor))

/** Whether the provision is about the reader, in his mode, now. */
const concerns = (limits: Limits, { professional, now }: Reader): boolean =>
  isAbout(limits, { actors: actorsOf(professional), mode: professional.mode, now })

/** The permits for parts of the record on which a reader may rely now. */
export function permitsFor(reader: Reader): readonly PartRule[] {
  const { facts, professional, now } = reader
  if (facts.parts === undefined) return []
  const person = personOf(professional)
  return facts.parts.filter(
    rule =>
      rule.effect === 'permit' &&
      concerns(rule, reader) &&
      (rule.actor === null || stands(facts, { ...rule, actor: rule.actor }, { person, now })),
  )
}

/** The rows that the permits open together; who and whom the record is about, access to any of it suffices for. */
export function permittedRows(
  permits: readonly PartRule[],
  reader: Professional,
  { type, policy }: { readonly type: string; readonly policy: Policy },
): Query {
  if (recordTypes.has(type)) return and()
  const asked = { effect: 'permit', policy, type, reader } as const
  return or(...permits.map(({ parts }) => and(...parts.map(part => partQuery(part, asked)))))
}

/** Whether everything is denied to somebody by name in the mode, but for no more than exceptions that are not his. */
export const isDeniedAll = ({ parts = [] }: Pick<Facts, 'parts'>, person: Person): boolean =>
  parts.some(
    rule =>
      rule.effect === 'deny' &&
      rule.actor !== null &&
      rule.parts.length === 0 &&
      isAbout(rule, person) &&
      !rule.except.some(each => isAbout(each, person)),
  )

/** The rows that a denial shuts; who and whom the record is about, one of everything only. */
function deniedRows(rule: PartRule, reader: Reader, at: { readonly type: string; readonly policy: Policy }): Query {
  const { type, policy } = at
  const except = rule.except.filter(each => concerns(each, reader))
  if (recordTypes.has(type) && (rule.parts.length > 0 || except.length > 0)) return or()
  const region = (limits: Limits, effect: PartRule['effect']): Query =>
    and(...limits.parts.map(part => partQuery(part, { effect, policy, type, reader: reader.professional })))
  return and(region(rule, 'deny'), not(or(...except.map(each => region(each, 'permit')))))
}

/** How somebody entered, as far as denials ask. */
export interface Standing {
  /** The door: his token may ask for another, which the patient opposes. */
  readonly basis: string
  readonly treating: boolean
  readonly seesMasked: boolean
}

/** Who breaks the glass passes what is denied to him, as he passes a block, unless that purpose is what is denied. */
const isPassed = (rule: PartRule, { basis }: Standing): boolean => rule.modes === null && basis === 'bris_de_glace'

/** Masks of parts are the patient's against all: a médecin traitant passes them, and in an emergency whoever sees masked documents. */
const isLifted = (rule: PartRule, { treating, seesMasked }: Standing): boolean =>
  treating || (seesMasked && rule.modes === null)

/**
 * @returns the rows that are denied to the reader himself, whoever wrote them, and those that are masked to all: what is
 * masked is shown to the author whom it names.
 */
export function denialsFor(
  reader: Reader,
  entry: Standing,
  at: { readonly type: string; readonly policy: Policy },
): { readonly own: readonly Query[]; readonly masked: readonly Query[] } {
  const denials = (reader.facts.parts ?? []).filter(({ effect }) => effect === 'deny')
  const rowsOf = (some: readonly PartRule[]) =>
    modesAtDoor(reader.professional, entry.basis).flatMap(mode => {
      const inMode = { ...reader, professional: { ...reader.professional, mode } }
      const rows = some.filter(rule => concerns(rule, inMode)).map(rule => deniedRows(rule, inMode, at))
      return rows.filter(({ op }) => op !== 'nothing')
    })
  return {
    own: rowsOf(denials.filter(rule => rule.actor !== null && !isPassed(rule, entry))),
    masked: rowsOf(denials.filter(rule => rule.actor === null && !isLifted(rule, entry))),
  }
}
