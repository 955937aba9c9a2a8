/** What of a record $everything may show: what a search would find and a read would give. `docs/decisions/0017-everything-is-streamed.md` */
import type { Facts } from '../../security/facts.ts'
import type { Restriction } from '../../security/restriction.ts'
import { decideWith, factsOf } from './access.ts'
import type { Call, Context } from './interaction.ts'

/** Both must hold; where they are the same there is one. */
export type Within = readonly [Restriction, ...Restriction[]]

const isSame = (one: Restriction, other: Restriction): boolean =>
  JSON.stringify(one.disjuncts) === JSON.stringify(other.disjuncts)

/** @returns within what rows of a type are shown; undefined where none are. `patient` is null for the directory. */
export function shownOf(
  context: Context,
  { principal }: Call,
  {
    type,
    ...at
  }: { readonly type: string; readonly patient: string | 'every' | null; readonly facts: Facts | undefined },
): Within | undefined {
  const found = decideWith(context, { principal, type, interaction: 'search-type' }, at)
  const opened = decideWith(context, { principal, type, interaction: 'read' }, at)
  if (found.effect !== 'permit' || opened.effect !== 'permit') return undefined
  const [one, other] = [found.restriction, opened.restriction]
  return isSame(one, other) ? [one] : [one, other]
}

/** Milliseconds for which a decision holds while an answer flows: a client may take its time. */
const holdsFor = 1000

/**
 * The facts of a record while an answer about it flows.
 * @returns a function that gives them no older than a request would; it throws when the record was closed to the caller.
 */
export function standingFacts(
  context: Context,
  call: Call,
  at: { readonly patient: string; readonly facts: Facts | undefined },
): () => Promise<Facts | undefined> {
  const { patient } = at
  let [facts, asked] = [at.facts, context.now()]
  return async () => {
    if (context.now() - asked < holdsFor) return facts
    asked = context.now()
    facts = await factsOf(context, patient)
    const { effect } = decideWith(context, { ...call, interaction: 'read' }, { patient, facts })
    if (effect === 'permit') return facts
    throw new Error('access to a record ended while it was being answered')
  }
}
