/** The authors whom content names must include the one who deposits. `access.md` section 5, `depositor`. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { actorsOf } from '../actors.ts'
import type { Author } from '../authors.ts'
import type { Principal } from '../principal.ts'
import type { WriteRequest } from '../regime.ts'
import type { Plan } from './judging.ts'

/** Whether an author is the token's subject or structure. */
function isCaller({ actors, target }: Author, { principal, patient }: WriteRequest): boolean {
  if (principal.kind === 'patient' || principal.kind === 'representative')
    return target === 'Patient' || target === `Patient/${patient}` || target === `Patient/${principal.patient}`
  const own = actorsOf(principal)
  return actors.some(actor => own.includes(actor))
}

/** The insurance has neither RPPS nor FINESS: it may name itself as it likes, but nobody who has. */
const isNobody = (principal: Principal): boolean => principal.kind === 'insurance'

/**
 * Fails with 422 when the named authors do not include the caller: always for a document, and for another resource when
 * it names anybody by RPPS or FINESS.
 */
export function judgeAuthors({ authors }: Plan, resource: Resource, request: WriteRequest): Result<void> {
  if (authors.some(author => isCaller(author, request))) return ok(undefined)
  const stranger = authors.find(({ actors }) => actors.length > 0)
  const isDocument = resource.resourceType === 'DocumentReference' && !isNobody(request.principal)
  if (stranger === undefined && !isDocument) return ok(undefined)
  const element = isDocument ? 'author' : stranger?.element
  const found = stranger === undefined ? 'none that is named by identifier' : 'others'
  return fail(
    'refusedByRule',
    `expected the subject or the structure of the token among the authors, found ${found}`,
    `${resource.resourceType}.${element}`,
  )
}
