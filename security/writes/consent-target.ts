/** The document that a Consent masks. `access.md` section 4, row "mask". */
import { parseServerId } from '../../resources/ids.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { isActive } from '../consent-elements.ts'
import { invisiblePatient } from '../mask.ts'
import { isKeyOf } from '../merged-rules.ts'
import type { Labels } from '../regime.ts'
import type { Judging } from './judging.ts'

/** The labels of the row that `document` (`Type/id`) names, in the unit or among what it refers to. */
export function targetRow(document: string, { request, labels }: Judging): Labels | undefined {
  const written = request.writes.find(
    ({ type, after, _id }) => after !== undefined && `${type}/${after.id ?? _id}` === document,
  )
  if (written !== undefined) return labels.get(written._id)
  return request.referenced?.find(({ entry }) => `${entry.type}/${entry.id}` === document)?.labels
}

/** Whether `document` is of the record that the unit writes: its id says so, or it was found there. */
export function isOfRecord(document: string, judging: Judging): boolean {
  const home = parseServerId(document.slice(document.indexOf('/') + 1))
  if (home?.collection === 'record') return isKeyOf(judging.facts, home.patient)
  return targetRow(document, judging) !== undefined
}

/**
 * A depositor masks nothing that is hidden from its patient: he could not have asked for it, and both masks together would leave
 * hardly anybody who could announce it. The patient's own mask is taken whatever it names: a refusal would tell him what is there.
 * @returns fails with 422 unless the setting allows both masks together.
 */
export function judgeMasksApart(judging: Judging): Result<undefined> {
  const { request, plan } = judging
  const { after, rule } = plan
  if (rule?.kind !== 'mask-document' || after === undefined || !isActive(after)) return ok(undefined)
  if (request.masksTogether === true || request.principal.kind === 'patient') return ok(undefined)
  const row = targetRow(rule.document, judging)
  const isHidden =
    row !== undefined && (row.mask & invisiblePatient) !== 0 && (row.hiddenUntil ?? request.now + 1) > request.now
  if (!isHidden) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected a document that its patient sees, found one with INVISIBLE_PATIENT: it bears one of both masks',
    'Consent.provision.data.reference',
  )
}
