/** The document that a Consent masks. `access.md` section 4, row "mask". */
import { parseServerId } from '../../resources/ids.ts'
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
