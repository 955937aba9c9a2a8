/** What the scopes of a token hold in one place: asked alike of reads and of writes. `access.md` section 2. */
import type { Query } from '../search/query.ts'
import { belongsToRecords } from './belongs-to-records.ts'
import type { AccessRequest } from './decision.ts'
import type { Surroundings } from './gate.ts'
import { type permissions, scopeQuery } from './scope-query.ts'

/** Whose scopes, of what type, in which record or in the directory. */
export interface HeldIn extends Pick<AccessRequest, 'principal' | 'type' | 'patient' | 'now'> {
  readonly permission: (typeof permissions)[keyof typeof permissions]
}

/** @returns the rows that the scopes hold there; undefined where they hold none. */
export function heldScope({ principal, ...place }: HeldIn, surroundings: Surroundings): Query | undefined {
  const question = {
    ...place,
    launch: principal.patient,
    ofRecords: belongsToRecords(surroundings.catalog, place.type),
    isOperator: principal.kind === 'operator',
  }
  return scopeQuery(principal.scopes, question, surroundings.readScope)
}
