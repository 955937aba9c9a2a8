/** What `$merge` and `$unmerge` do alike: they name two records, refuse what may not be, read what moves, and think anew when another writer was faster. */
import { fail, type Result } from '../../../resources/outcome.ts'
import { type Moving, movingOf } from '../../store/merge-request.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { insKey } from '../patient-names.ts'
import { refuse } from '../trail.ts'
import { noRoom } from '../write/full-record.ts'
import { insOf } from '../write/ins.ts'
import { gateLife } from './life-access.ts'
import { movingRows, type Patients, patientsOf } from './merge-records.ts'
import { type Pair, pairOf, refusePair, type Unfit } from './merging-pair.ts'
import type { Current } from './server-version.ts'

/** Two records as an attempt found them. */
export interface Gathered {
  /** The instant of everything that is written. */
  readonly now: number
  readonly pair: Pair
  readonly moving: Moving
  readonly patients: Patients
  /** What moves. */
  readonly rows: readonly Current[]
  /** Lines of the registry under which the source is found by its INS. */
  readonly keys: readonly string[]
}

export type Attempt = Result<Reply> | 'again'

/** How one of the two operations differs from the other. */
export interface Way {
  readonly does: 'merge' | 'unmerge'
  readonly reasons: readonly string[]
  /** What the two records have to be. */
  readonly unfitOf: (pair: Pair) => Unfit | undefined
  readonly perform: (context: Context, call: Call, gathered: Gathered) => Promise<Attempt>
}

/** Rules for which the target has no room: nobody who comes later makes it otherwise. */
export const refuseFull = (context: Context, call: Call, patient: string): Promise<Result<never>> =>
  refuse(context, call, { failure: noRoom('http.target-patient'), patient })

/** How often it is thought through anew when another writer was faster. */
const mostAttempts = 16

async function attempt(context: Context, call: Call, { way, pair }: { way: Way; pair: Pair }): Promise<Attempt> {
  const now = context.now()
  const unfit = way.unfitOf(pair)
  if (unfit !== undefined) return refusePair(context, call, unfit)
  const moving = movingOf({ does: way.does, source: pair.source.patient, target: pair.target.patient })
  const patients = await patientsOf(context, pair)
  const rows = await movingRows(context, moving)
  if (!rows.ok) return rows
  if (patients === undefined) return 'again'
  const ins = insOf(patients.source.resource)
  const keys = ins === undefined ? [] : [insKey(context, ins.system, ins.value)]
  return way.perform(context, call, { now, pair, moving, patients, rows: rows.value, keys })
}

/** Performs one of the two; fails with 409 when it was overtaken every time. */
export async function joinOrPart(context: Context, call: Call, way: Way): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, way.does)
  if (closed !== undefined) return closed
  for (let tried = 0; tried < mostAttempts; tried++) {
    const pair = await pairOf(context, call, way.reasons)
    if (!pair.ok) return pair
    const done = await attempt(context, call, { way, pair: pair.value })
    if (done !== 'again') return done
  }
  return fail('conflict', `expected to ${way.does} without being overtaken, found other writers every time; try again`)
}
