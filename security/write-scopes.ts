/** Whether scopes cover a unit of writes, each as the row is and as it would become. `access.md` sections 2 and 6. */
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import { matches } from '../search/matches.ts'
import type { Query } from '../search/query.ts'
import type { AccessRequest, Decision } from './decision.ts'
import { type Surroundings, scopeMissing } from './gate.ts'
import { heldScope } from './held-scope.ts'
import type { ProposedWrite, WriteRequest } from './regime.ts'
import { permissions } from './scope-query.ts'

/** Answers what the caller may read in the record of the unit. */
export type Readable = (request: AccessRequest) => Decision

function scopeOf(
  { interaction, type }: ProposedWrite,
  request: WriteRequest,
  surroundings: Surroundings,
): Query | undefined {
  const { principal, patient, now } = request
  return heldScope({ principal, type, patient, now, permission: permissions[interaction] }, surroundings)
}

/** Whether the caller sees the row as it is. */
function sees({ type }: ProposedWrite, row: IndexEntry, { request, readable }: At): boolean {
  const { principal, patient, now } = request
  const decision = readable({ principal, interaction: 'read', type, patient, now })
  return decision.effect === 'permit' && decision.restriction.disjuncts.some(query => matches(query, row))
}

interface At {
  readonly request: WriteRequest
  readonly readable: Readable
  /** What the scopes hold for the write. */
  readonly scope: Query | undefined
}

function judge(write: ProposedWrite, place: string, at: At): Result<undefined> {
  const { scope } = at
  const within = (row: IndexEntry): boolean => scope !== undefined && matches(scope, row)
  const before = write.before?.entry
  if (before !== undefined && !within(before) && !sees(write, before, at))
    return fail('notFound', `expected the id of a ${write.type} that exists and that you may see, found none`, place)
  const states = [before, write.entry].filter(row => row !== undefined)
  if (scope?.op === 'everything' || (states.length > 0 && states.every(within))) return ok(undefined)
  return fail('insufficientScope', scopeMissing(write.type, permissions[write.interaction]).diagnostics, place)
}

/**
 * Judges the scopes of a whole unit.
 * @returns nothing when each write is covered; fails with the first that is not: 404 for a row that the caller may not
 * see, else 403, at `entry[n].resource`.
 */
export function judgeScopes(request: WriteRequest, surroundings: Surroundings, readable: Readable): Result<undefined> {
  let before: ProposedWrite | undefined
  let scope: Query | undefined
  for (const [index, write] of request.writes.entries()) {
    // Twenty results in a row ask the same.
    if (before?.type !== write.type || before.interaction !== write.interaction)
      scope = scopeOf(write, request, surroundings)
    before = write
    const judged = judge(write, `entry[${index}].resource`, { request, readable, scope })
    if (!judged.ok) return judged
  }
  return ok(undefined)
}
