/** What an operator who parts two records has to decide about: what was deposited since the merge in the name of the source. `docs/decisions/0037-one-person-one-record.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { leaveTrace } from '../trail.ts'
import { aboutTheRecord, goesAlong, type Listed } from './listed-documents.ts'
import { mergeReply, mostMoved } from './merge-records.ts'
import type { Gathered } from './merging-attempts.ts'
import type { Current } from './server-version.ts'

const said =
  'nothing was changed; this is what would move back, and what was deposited since in the name of the source: it stays unless it is listed as resource'

/** What may be listed as `resource`: what goes along with a document is not told apart from it. */
async function inItsName(context: Context, moving: Moving): Promise<Result<readonly Current[]>> {
  const found = await context.store.merging.inItsName(moving, mostMoved + 1)
  if (found.length > mostMoved)
    return fail('tooCostly', `expected at most ${mostMoved} resources in the name of the source, found more`)
  const own = found.filter(({ _id, row }) => _id.startsWith(`${moving.from}-`) && !aboutTheRecord.has(row.type))
  return ok(own.filter(each => !goesAlong(each, own)))
}

/** @returns what parting would do; both trails keep that it was asked. */
export async function unmergePreview(
  context: Context,
  call: Call,
  { pair, moving, patients, rows, listed }: Gathered & { readonly listed: Listed },
): Promise<Result<Reply>> {
  const named = await inItsName(context, moving)
  if (!named.ok) return named
  for (const { patient } of [pair.target, pair.source])
    await leaveTrace(context, call, { patient, status: 200, basis: `${pair.reason}, preview` })
  const gone = new Set(listed.rows.map(({ _id }) => _id))
  const left = named.value.filter(({ _id }) => !gone.has(_id))
  return ok(mergeReply(patients, { rows: [...rows, ...listed.rows], said, name: 'moves', inItsName: left }))
}
