/** The facts of a record that was merged into another and is one by itself again. `docs/decisions/0037-one-person-one-record.md` */
import type { Merge } from './merge-records.ts'
import { editPast, forgetNames } from './parted-versions.ts'
import { recompile } from './record-facts.ts'
import { relabel } from './relabel.ts'
import type { InTransaction } from './statements.ts'
import { noteMasks } from './target-masks.ts'

/** To be called after the unit's own writes. */
export async function compileParted(
  at: InTransaction,
  { zone }: { readonly zone: string },
  merge: Merge,
): Promise<void> {
  const { source, at: decided } = merge
  await editPast(at, merge)
  await forgetNames(at, merge)
  const own = { patient: source, depositor: null, authors: [], writes: [], at: decided }
  const { masked, lifted } = await recompile(at, { ...own, zone })
  const changes = await relabel(at, { patient: source, masked, lifted, changed: [] })
  await noteMasks(at, source, changes)
}
