/** Denials that were given while two records were one: they hold in both once these are parted. `docs/decisions/0037-one-person-one-record.md` */
import { splice } from '../../../resources/json-text.ts'
import type { Resource } from '../../../resources/resource.ts'
import { everything } from '../../../search/query.ts'
import { denialElsewhere } from '../../../security/denial-elsewhere.ts'
import { denies } from '../../../security/merged-rules.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { storedText } from '../write/draft.ts'
import { withoutNames } from '../write/in-whose-name.ts'
import { type Renaming, renamingEdits } from './moved-version.ts'
import { type Current, firstVersion } from './server-version.ts'

/** The Consents that were written since the merge and keep somebody out, whichever record brought them. */
async function denialsSince(context: Context, patient: string, since: number): Promise<readonly Current[]> {
  const restriction = systemRestriction('current version of an update', { collection: 'record', patient })
  const order = { by: '_id', descending: false } as const
  const rows = await context.store.page({ restriction, type: 'Consent', query: everything, order, limit: 10_000 })
  const later = rows.filter(({ updated }) => updated > since)
  const current = await Promise.all(later.map(({ _id }) => context.store.stored(restriction, 'Consent', _id)))
  return current
    .filter(each => each !== undefined)
    .filter(({ resource }) => resource.status === 'active' && denies(resource))
}

/** Ids of rows: the key of a patient, and the time of the deposit. */
const rowIds = /[0-9a-hjkmnp-tv-z]{12}(?=-[0-9a-hjkmnp-tv-z]{26})/g

/** What it says in the other record; nothing where it is only about what stays. */
function copyOf(context: Context, { row, labels }: Current, renaming: Renaming): readonly RowWrite[] {
  const { from, to } = renaming
  const stays = (part: unknown): boolean => {
    const said = JSON.stringify(part) ?? ''
    return said.includes(from) || (said.match(rowIds) ?? []).some(key => key !== to)
  }
  const { text, root } = storedText(row)
  const there = JSON.parse(splice(text, root, renamingEdits(root, text, renaming))) as Resource
  const { id: _, meta: __, ...written } = there
  const resource = denialElsewhere(written, stays)
  if (resource === undefined) return []
  const depositor = labels.depositor === `patient:${from}` ? `patient:${to}` : (labels.depositor ?? '')
  return [firstVersion(context, { patient: to, resource, depositor, keys: withoutNames(labels.keys) })]
}

/** @returns a copy of each such denial for the record in which it will not be: what goes back to the source keeps somebody out of the target too. */
export async function copiedDenials(context: Context, renaming: Renaming, since: number): Promise<readonly RowWrite[]> {
  const { from: target, to: source, base } = renaming
  const back = { from: source, to: target, source, base, names: new Map<string, string>() }
  const denials = await denialsSince(context, target, since)
  return denials.flatMap(each => copyOf(context, each, each._id.startsWith(`${source}-`) ? back : renaming))
}
