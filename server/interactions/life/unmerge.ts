/** `Patient/$unmerge`: what the source brought goes back to it. `docs/decisions/0037-one-person-one-record.md` */
import { splice } from '../../../resources/json-text.ts'
import { ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import { everything } from '../../../search/query.ts'
import { denialElsewhere, denies } from '../../../security/merged-rules.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { storedText } from '../write/draft.ts'
import { type Listed, leaving, listedDocuments, newIdOf, versionsThere } from './listed-documents.ts'
import { mergeReply, unitOf } from './merge-records.ts'
import { type Attempt, type Gathered, joinOrPart, type Way } from './merging-attempts.ts'
import type { Pair, Unfit } from './merging-pair.ts'
import { movedVersion, renamingEdits } from './moved-version.ts'
import { partedPatients, pastPatients } from './parted-patients.ts'
import { type Current, firstVersion } from './server-version.ts'
import { unmergePreview } from './unmerge-preview.ts'

/** Why two records must not be one. † */
const reasons: readonly string[] = ['FUSION_ERRONEE', 'DECISION_JUSTICE']

function unfitOf({ source, target }: Pair): Unfit | undefined {
  if (target.facts.patient !== target.patient || !target.facts.open)
    return { patient: target.patient, found: 'one that is closed or merged itself', path: 'http.target-patient' }
  if (source.patient === target.patient || source.facts.patient !== target.patient)
    return { patient: source.patient, found: 'a source that was not merged into it', path: 'http.source-patient' }
  return undefined
}

/** The Consents of the target that were written since the merge and keep somebody out. */
async function denialsSince(context: Context, { target, source }: Pair): Promise<readonly Current[]> {
  const { patient, facts } = target
  const since = facts.merged?.find(each => each.patient === source.patient)?.at ?? 0
  const restriction = systemRestriction('current version of an update', { collection: 'record', patient })
  const order = { by: '_id', descending: false } as const
  const rows = await context.store.page({ restriction, type: 'Consent', query: everything, order, limit: 10_000 })
  const own = rows.filter(({ _id, updated }) => _id.startsWith(patient) && updated > since)
  const current = await Promise.all(own.map(({ _id }) => context.store.stored(restriction, 'Consent', _id)))
  return current
    .filter(each => each !== undefined)
    .filter(({ resource }) => resource.status === 'active' && denies(resource))
}

/** A denial that was given while the two were one holds in both, but for what it says of data that stay: none when nothing else is left, or it names them elsewhere. */
function copiesOf(context: Context, { row, labels }: Current, moving: Moving): readonly RowWrite[] {
  const stays = (part: unknown): boolean => JSON.stringify(part).includes(`${moving.from}-`)
  const { text, root } = storedText(row)
  const renamed = splice(text, root, renamingEdits(root, text, { ...moving, base: context.base }))
  const { id: _, meta: __, ...written } = JSON.parse(renamed) as Resource
  const resource = denialElsewhere(written, stays)
  if (resource === undefined || stays(resource)) return []
  const depositor = labels.depositor === `patient:${moving.from}` ? `patient:${moving.to}` : (labels.depositor ?? '')
  return [firstVersion(context, { patient: moving.to, resource, depositor })]
}

const said =
  'the records are two again; authorisations of the source have to be given anew, and the bearers of its INS find it'

/** References as they were, and as they are now. */
const goneOf = ({ named }: Listed, moving: Moving) =>
  named.map(({ row }) => [`${row.type}/${row.id}`, `${row.type}/${newIdOf(row._id, moving)}`] as const)

async function perform(context: Context, call: Call, gathered: Gathered): Promise<Attempt> {
  const { pair, moving } = gathered
  const since = pair.target.facts.merged?.find(each => each.patient === pair.source.patient)?.at ?? 0
  const listed = await listedDocuments(context, moving, { references: pair.resources, since })
  if (!listed.ok) return listed
  if (pair.preview) return unmergePreview(context, call, { ...gathered, listed: listed.value })
  return part(context, call, { ...gathered, listed: listed.value, since })
}

async function part(
  context: Context,
  call: Call,
  { now, pair, moving, patients, rows, keys, listed, since }: Gathered & { listed: Listed; since: number },
): Promise<Attempt> {
  const at = { ...context, now: () => now }
  const hashes = listed.rows.flatMap(({ row }) => row.blobs.map(({ sha256 }) => sha256))
  await context.store.merging.keepBlobs(moving, hashes)
  await context.store.merging.copyBlobs(moving)
  const denials = (await denialsSince(context, pair)).flatMap(each => copiesOf(at, each, moving))
  const merge = {
    ...({ does: 'unmerge', source: pair.source.patient, target: pair.target.patient, at: now } as const),
    ...{ since, past: await pastPatients(at, patients, since) },
    ...{ keys, rows: rows.map(row => movedVersion(at, row, moving)), listed: leaving(listed) },
  }
  const writes = [...partedPatients(at, patients), ...denials, ...versionsThere(at, listed, moving)]
  const { outcome } = await context.store.commit(unitOf(at, call, { merge, writes, basis: pair.reason }))
  if (outcome !== 'committed') return 'again'
  const moved = { rows: [...rows, ...listed.rows], gone: goneOf(listed, moving) }
  return ok(mergeReply(patients, { ...moved, said, name: 'moved' }))
}

const way: Way = { does: 'unmerge', reasons, unfitOf, perform }

export const unmerge = (context: Context, call: Call): Promise<Result<Reply>> => joinOrPart(context, call, way)
