/** Whether somebody reads a row, and what decides it: by the decision that a request gets and the rows that it opens. */
import type { IndexEntry } from '../search/index-entry.ts'
import { matches } from '../search/matches.ts'
import type { ConditionId, Decision } from './decision.ts'
import type { Facts } from './facts.ts'
import type { Law } from './law.ts'
import type { Policy } from './policy.ts'
import type { Principal } from './principal.ts'

/** `because` is the door that opened (as the trail names it), or the condition that failed. */
export type Verdict =
  | { readonly reads: true; readonly because: string }
  | { readonly reads: false; readonly because: ConditionId }

/** What is asked about: a row of a record, and by which rules. */
export interface Subject {
  readonly law: Law
  readonly policy: Policy
  readonly facts: Facts
  readonly entry: IndexEntry
  /** Milliseconds since 1970. */
  readonly now: number
}

const decisionOn = ({ law, policy, facts, entry, now }: Subject, principal: Principal): Decision =>
  law.decide({ principal, interaction: 'read', type: entry.type, patient: facts.patient, now }, facts, policy)

const opens = (decision: Decision, entry: IndexEntry): boolean =>
  decision.effect === 'permit' && decision.restriction.disjuncts.some(query => matches(query, entry))

/** The provisions about parts without those that deny; undefined where there are none. */
const permitsIn = ({ parts = [] }: Facts): Facts['parts'] => {
  const permits = parts.filter(({ effect }) => effect === 'permit')
  return permits.length === 0 ? undefined : permits
}

const withParts = ({ parts: _parts, ...facts }: Facts, parts: Facts['parts']): Facts =>
  parts === undefined ? facts : { ...facts, parts }

/** The same row as if nobody had hidden it from anybody. */
const unhidden = (subject: Subject): Subject => ({
  ...subject,
  facts: { ...withParts(subject.facts, permitsIn(subject.facts)), masks: [] },
  entry: { ...subject.entry, mask: 0, hiddenUntil: null },
})

/** The same record as if who may see a part of it were authorised for all of it. */
const unlimited = ({ facts, ...rest }: Subject): Subject => ({
  ...rest,
  facts: withParts(
    facts,
    facts.parts?.map(rule => ({ ...rule, parts: [] })),
  ),
})

/** Why a row stays closed to somebody who entered its record. */
function closedBy(subject: Subject, principal: Principal): ConditionId {
  const shown = unhidden(subject)
  if (opens(decisionOn(shown, principal), shown.entry)) return 'visible'
  const whole = unlimited(shown)
  if (shown.facts.parts !== undefined && opens(decisionOn(whole, principal), whole.entry)) return 'authorised'
  return principal.kind === 'professional' ? 'readable-by-matrix' : 'own-deposit'
}

/** @returns whether the principal would read the row by its id now, and why. */
export function verdictOn(subject: Subject, principal: Principal): Verdict {
  const decision = decisionOn(subject, principal)
  if (decision.effect === 'deny') return { reads: false, because: decision.failed }
  if (opens(decision, subject.entry)) return { reads: true, because: decision.basis }
  return { reads: false, because: closedBy(subject, principal) }
}
