/** The facts of a record that was merged into another and is one by itself again. `docs/decisions/0037-one-person-one-record.md` */
import type { Merge } from './merge-records.ts'
import { recompile } from './record-facts.ts'
import { relabel } from './relabel.ts'
import type { InTransaction } from './statements.ts'
import { noteMasks } from './target-masks.ts'

interface Parts {
  readonly zone: string
  readonly ageOfMajority: number | undefined
}

/** To be called after the unit's own writes. */
export async function compileParted(at: InTransaction, parts: Parts, { source, at: decided }: Merge): Promise<void> {
  const { zone, ageOfMajority } = parts
  const own = { patient: source, depositor: null, authors: [], opens: false, at: decided }
  const { masked, lifted } = await recompile(at, { ...own, zone, ageOfMajority })
  const changes = await relabel(at, { patient: source, masked, lifted, changed: [] })
  await noteMasks(at, source, changes)
}
