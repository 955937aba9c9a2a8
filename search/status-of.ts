/** The scalar `status` of a row. `access.md` section 5. */
import type { Resource } from '../resources/resource.ts'

/** Returns `Resource.status` when it is a code, else ''. */
export const statusOf = ({ status }: Resource): string => (typeof status === 'string' ? status : '')
