/** The server's own access, by purpose. Nothing else builds an unrestricted query. `access.md` section 10. */
import { everything } from '../search/query.ts'
import { type Extent, type Restriction, restrict } from './restriction.ts'

/** Why the server reads on its own account. The list is closed. */
export type Purpose =
  | 'gather facts'
  | 'resolve identifiers'
  | 'current version of an update'
  | 'jobs'
  | 'destroy'
  | 're-index'

/** @returns a restriction that hides nothing within `extent`; the purpose is for the reader of the calling code and for tests. */
export const systemRestriction = (_purpose: Purpose, extent: Extent): Restriction => restrict(extent, [everything])
