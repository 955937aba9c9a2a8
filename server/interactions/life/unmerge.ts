import { ok, type Result } from '../../../resources/outcome.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { copiedDenials } from './copied-denials.ts'
import { type Listed, leaving, listedDocuments, namesThere, newIdOf, versionsThere } from './listed-documents.ts'
import { mergeReply, unitOf } from './merge-records.ts'
import { type Attempt, type Gathered, joinOrPart, refuseFull, type Way } from './merging-attempts.ts'
import type { Pair, Unfit } from './merging-pair.ts'
import { movedVersion } from './moved-version.ts'
import { partedPatients, pastPatients } from './parted-patients.ts'
import { unmergePreview } from './unmerge-preview.ts'

/** Why two records must not be one, or must be one with a third. † */
const reasons: readonly string[] = ['FUSION_ERRONEE', 'DECISION_JUSTICE', 'NOUVELLE_FUSION']

function unfitOf({ source, target }: Pair): Unfit | undefined {
  if (target.facts.patient !== target.patient || !target.facts.open)
    return { patient: target.patient, found: 'one that is closed or merged itself', path: 'http.target-patient' }
  if (source.patient === target.patient || source.facts.patient !== target.patient)
    return { patient: source.patient, found: 'a source that was not merged into it', path: 'http.source-patient' }
  return undefined
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
  const renaming = { ...moving, base: context.base, names: namesThere(listed, moving) }
  const denials = await copiedDenials(at, renaming, since)
  const merge = {
    ...({ does: 'unmerge', source: pair.source.patient, target: pair.target.patient, at: now } as const),
    ...{ since, past: await pastPatients(at, patients, since) },
    ...{ keys, rows: rows.map(row => movedVersion(at, row, renaming)), listed: leaving(listed) },
  }
  const writes = [...partedPatients(at, patients), ...denials, ...versionsThere(at, listed, renaming)]
  const { outcome } = await context.store.commit(unitOf(at, call, { merge, writes, basis: pair.reason }))
  if (outcome === 'full') return refuseFull(context, call, pair.target.patient)
  if (outcome !== 'committed') return 'again'
  const moved = { rows: [...rows, ...listed.rows], gone: goneOf(listed, moving) }
  return ok(mergeReply(patients, { ...moved, said, name: 'moved' }))
}

const way: Way = { does: 'unmerge', reasons, unfitOf, perform }

export const unmerge = (context: Context, call: Call): Promise<Result<Reply>> => joinOrPart(context, call, way)
