/** Who may deposit, change and delete clinical resources. `access.md` section 6. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { shownKey } from '../../search/key.ts'
import { columnOf } from '../columns.ts'
import { invisiblePatient, invisibleRepresentants } from '../mask.ts'
import { mayDeposit } from '../may-deposit.ts'
import { ownsDeposit } from '../own-deposit.ts'
import type { Policy } from '../policy.ts'
import type { Principal } from '../principal.ts'
import type { WriteRequest } from '../regime.ts'
import { judgeAuthors } from './authors.ts'
import { judgeContent } from './content.ts'
import type { Judging, Plan } from './judging.ts'

/** What carries or tells of a document, and has no type of its own. */
const carriers: ReadonlySet<string> = new Set(['Binary', 'List', 'Provenance'])

/** The insurance deposits its documents and what carries them: nothing that the matrix does not name. */
const isForeign = (type: string, documentType: string, { kind }: Principal): boolean =>
  kind === 'insurance' && documentType === 'other' && !carriers.has(type)

/** Fails with 403 when the token may not deposit that type, whatever the record. A version of the same type was allowed before. */
export function judgeProducer(
  policy: Policy,
  { principal }: WriteRequest,
  { plan, documentType }: { readonly plan: Plan; readonly documentType: string },
): Result<undefined> {
  const { write, after } = plan
  if (after === undefined || write.before?.labels.documentType === documentType) return ok(undefined)
  if (mayDeposit(policy, principal, documentType) && !isForeign(write.type, documentType, principal))
    return ok(undefined)
  const diagnostics = `expected a type of document that the token may deposit, found "${documentType}"`
  return fail('accessDenied', diagnostics, write.type === 'DocumentReference' ? 'DocumentReference.type' : write.type)
}

const labelElement = (type: string): string =>
  type === 'DocumentReference' ? `${type}.securityLabel` : `${type}.meta.security`

/** Making visible to representatives is irreversible. EX_3.3-1045. */
const hidesAgain = ({ write: { before }, ownMask }: Plan): boolean =>
  (ownMask & ~(before?.labels.ownMask ?? ownMask) & invisibleRepresentants) !== 0 &&
  before?.labels.keys.includes(shownKey) === true

/** What a token may ask of visibility: a secret connection hides from representatives, and no patient from himself. */
function judgeVisibility({ request: { principal }, plan, labels }: Judging): Result<undefined> {
  const { write, ownMask } = plan
  const mask = labels.get(write._id)?.mask ?? ownMask
  if (principal.kind === 'professional' && principal.secret && (mask & invisibleRepresentants) === 0)
    return fail(
      'refusedByRule',
      'expected the label INVISIBLE_REPRESENTANTS_LEGAUX in a secret connection, found none',
      labelElement(write.type),
    )
  if (hidesAgain(plan))
    return fail(
      'refusedByRule',
      'expected no INVISIBLE_REPRESENTANTS_LEGAUX on what was shown to representatives already, found it',
      labelElement(write.type),
    )
  if (principal.kind === 'patient' && (ownMask & invisiblePatient) !== 0)
    return fail('refusedByRule', 'expected no INVISIBLE_PATIENT from the patient, found it', labelElement(write.type))
  return ok(undefined)
}

/** Where a resource names its patient. */
const patientElement = (type: string): string =>
  ['AllergyIntolerance', 'Immunization', 'Consent', 'RelatedPerson'].includes(type)
    ? `${type}.patient`
    : `${type}.subject`

/** Fails with 422 when the row is another patient's, or would become so. */
export function judgePatient({ patient }: WriteRequest, { write }: Plan): Result<undefined> {
  const rows = [write.before?.entry, write.entry].filter(row => row !== undefined)
  if (rows.every(row => row.patient === patient)) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected a resource of the same patient, found one of another',
    patientElement(write.type),
  )
}

/** An announcement is a consultation: any health professional who may read the document makes it, but in an emergency. R.1111-53 CSP. */
function judgeAnnouncement({ policy, request: { principal } }: Judging): Result<undefined> {
  const consults = principal.kind === 'professional' && principal.mode === 'normal' && !principal.secret
  if (consults && columnOf(policy, principal) !== undefined) return ok(undefined)
  return fail('accessDenied', 'expected a health professional in the ordinary mode of access, found another token')
}

/** Judges one clinical write as it is and as it would become. */
export function judgeDeposit(judging: Judging): Result<undefined> {
  const { request, plan } = judging
  const { before, type, announces } = plan.write
  if (announces === true) return judgeAnnouncement(judging)
  if (before !== undefined && !ownsDeposit(request.principal, before.labels))
    return fail('accessDenied', 'expected a deposit of your own, found one of another depositor', type)
  if (plan.after === undefined) return ok(undefined)
  const visibility = judgeVisibility(judging)
  if (!visibility.ok) return visibility
  const authors = judgeAuthors(plan, plan.after, request)
  return authors.ok ? judgeContent(judging, plan.after) : authors
}
