/** What a block leaves behind: the authorisations that were there before it ended have ended with it. `access.md` section 2. */
import type { EndedBlock, Facts, Grant } from './facts.ts'

type Blocks = Pick<Facts, 'blocked' | 'ended'>

const hasBegun = ({ from }: Grant, now: number): boolean => from === null || from <= now

/** When the last block of one of the actors ended, by a decision or by the clock; undefined where none did. */
function lastEnd({ blocked, ended = [] }: Blocks, actors: readonly (string | null)[], now: number): number | undefined {
  const decided = ended.filter(({ actor }) => actors.includes(actor)).map(({ at }) => at)
  const byClock = blocked.flatMap(({ actor, before }) =>
    before !== null && before <= now && actors.includes(actor) ? [before] : [],
  )
  const ends = [...decided, ...byClock]
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/**
 * Whether no block has ended a grant to `actor` for the person who relies on it: a block of either that ended after the
 * grant was given.
 * @param person `rpps:…`, or null.
 */
export function stands(
  facts: Blocks,
  { actor, since = 0 }: Pick<Grant, 'actor' | 'since'>,
  { person, now }: { readonly person: string | null; readonly now: number },
): boolean {
  if (facts.ended === undefined && facts.blocked.length === 0) return true
  const end = lastEnd(facts, [actor, person], now)
  return end === undefined || since >= end
}

/** Who was in a team goes on being in it: what else is written in the team gives nobody anything anew. */
const asBefore = (member: Grant, former: readonly Grant[]): Grant => {
  const known = former.find(({ actor }) => actor === member.actor)
  return known === undefined ? member : { ...member, since: known.since ?? 0 }
}

const lastOfEach = (ends: readonly EndedBlock[]): readonly EndedBlock[] => {
  const last = new Map<string, number>()
  for (const { actor, at } of ends) last.set(actor, Math.max(at, last.get(actor) ?? 0))
  return [...last].map(([actor, at]) => ({ actor, at }))
}

/**
 * Carries over what a record remembers of its blocks when its facts are compiled anew.
 * @param former the facts before; undefined for a record that is opened.
 * @param at when the change was made, in milliseconds since 1970.
 */
export function rememberBlocks(facts: Facts, former: Facts | undefined, at: number): Facts {
  if (former === undefined) return facts
  const goesOn = ({ actor }: Grant): boolean =>
    facts.blocked.some(each => each.actor === actor && hasBegun(each, at) && (each.before === null || each.before > at))
  const over = former.blocked
    .filter(block => hasBegun(block, at) && !goesOn(block))
    .map(({ actor, before }) => ({ actor, at: Math.min(at, before ?? at) }))
  const ended = lastOfEach([...(former.ended ?? []), ...over])
  const careTeam = facts.careTeam.map(member => asBefore(member, former.careTeam))
  return { ...facts, careTeam, ...(ended.length === 0 ? {} : { ended }) }
}
