/** Brings along what was being written into a record while it was merged into another: nothing is lost, and nothing stays behind. */
import type { Call, Context } from '../interaction.ts'
import { movingRows, unitOf } from './merge-records.ts'
import { movedVersion } from './moved-version.ts'

/**
 * @returns how many resources were brought along: none where the records were parted, or destroyed, meanwhile. `left` where
 * some are still to be brought: another writer was quicker, or the record has no room for more rules.
 */
export async function sweepMerge(
  context: Context,
  call: Call,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<number | 'left'> {
  const moving = { from: source, to: target, source }
  if ((await context.store.facts(source))?.patient !== target) return 0
  const rows = await movingRows(context, moving)
  if (!rows.ok) return 'left'
  if (rows.value.length === 0) return 0
  await context.store.merging.copyBlobs(moving)
  const now = context.now()
  const at = { ...context, now: () => now }
  const moved = rows.value.map(row => movedVersion(at, row, moving))
  const merge = { does: 'sweep', source, target, at: now, keys: [], rows: moved } as const
  const unit = unitOf(at, call, { merge, writes: [], basis: 'deposited during the merge' })
  return (await context.store.commit(unit)).outcome === 'committed' ? moved.length : 'left'
}
