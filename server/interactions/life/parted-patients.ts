/** What a merge writes into the two Patients and a parting takes out again, of former versions too: a version is shown for ever, and must not show another person. `docs/decisions/0037-one-person-one-record.md` */
import { type Edit, type JsonNode, splice } from '../../../resources/json-text.ts'
import { type JsonObject, objectOf, textOf } from '../../../resources/json-value.ts'
import type { Resource } from '../../../resources/resource.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { PastEdit } from '../../store/merge-request.ts'
import type { Found, RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { shifted, storedText } from '../write/draft.ts'
import { insOf } from '../write/ins.ts'
import { itemsRemoved } from './member-list.ts'
import type { Patients } from './merge-records.ts'
import { type Current, memberEdit, nextVersion } from './server-version.ts'

type Version = Pick<Found, '_id' | 'version' | 'json' | 'blobs'>

/** So many versions of a Patient are read at once: more than anybody writes. */
const mostVersions = 100_000

/** Takes out of a Patient the links to the other one and its INS, whatever a client made of them meanwhile. */
function withoutOther(text: string, root: JsonNode, { other, base }: { other: Current; base: string }) {
  const ins = insOf(other.resource)
  const leadsTo = (link: JsonObject): boolean => {
    const reference = textOf(objectOf(link.other)?.reference)
    return reference === `Patient/${other.row.id}` || reference === `${base}/Patient/${other.row.id}`
  }
  const isTheirs = ({ system, value }: JsonObject): boolean => system === ins?.system && value === ins?.value
  return [
    ...itemsRemoved(text, root, { name: 'link', isGone: leadsTo }),
    ...(ins === undefined ? [] : itemsRemoved(text, root, { name: 'identifier', isGone: isTheirs })),
  ] satisfies Edit[]
}

/** @returns both Patients as they are by themselves. */
export const partedPatients = (context: Context, { source, target }: Patients): readonly RowWrite[] => [
  nextVersion(context, source, (text, root) => [
    memberEdit(root, 'active', 'true'),
    ...withoutOther(text, root, { other: target, base: context.base }),
  ]),
  nextVersion(context, target, (text, root) => withoutOther(text, root, { other: source, base: context.base })),
]

function pastEdit(context: Context, { _id, version, ...row }: Version, other: Current): readonly PastEdit[] {
  const { text, root } = storedText(row)
  const edits = withoutOther(text, root, { other, base: context.base })
  if (edits.length === 0) return []
  const json = splice(text, root, edits)
  const search = context.index(JSON.parse(json) as Resource)
  return [{ _id, version, json: Buffer.from(json), search, blobs: shifted(row.blobs, text, edits) }]
}

/** @returns what to make of the versions of both Patients that were written since the merge, those that stand now among them: they will be former ones. */
export async function pastPatients(
  context: Context,
  { source, target }: Patients,
  since: number,
): Promise<readonly PastEdit[]> {
  const sides = [
    [source, target],
    [target, source],
  ] as const
  const edits = await Promise.all(
    sides.map(async ([{ row }, other]) => {
      const own = systemRestriction('current version of an update', { collection: 'record', patient: row._id })
      const span = { from: since }
      const past = await context.store.history(own, 'Patient', row._id, mostVersions, row.version, span)
      return [row, ...past].flatMap(version => pastEdit(context, version, other))
    }),
  )
  return edits.flat()
}
