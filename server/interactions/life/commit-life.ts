/** Writes what an operation on a record's life changes, with its line of the trail, all or nothing. `access.md` section 8 */
import { fail, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import type { Found, RowWrite, Unit } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { refuse, targetOf, traceOf } from '../trail.ts'
import { noRoom } from '../write/full-record.ts'

/** How often it is thought through anew when another writer was faster. */
const mostAttempts = 16

export interface LifeChange {
  readonly patient: string
  readonly writes: readonly RowWrite[]
  readonly basis: string
  readonly destroyAt?: number
  readonly reply: Reply
}

const asFound = ({ row, deletes }: RowWrite): Found => ({ ...row, deleted: deletes })

const unitOf = (context: Context, call: Call, { patient, writes, basis, destroyAt, reply }: LifeChange): Unit => ({
  ...{ writes, claims: [], releases: [], outbox: [] },
  record: {
    ...{ patient, depositor: depositorOf(call.principal), recompile: true },
    ...(destroyAt === undefined ? {} : { destroyAt }),
  },
  audit: [traceOf(context, call, { patient, status: reply.status, basis, targets: writes.map(asFound).map(targetOf) })],
})

/** @returns the reply of the change that `think` settles on, once it is written; what `think` refuses otherwise. */
export async function commitLife(
  context: Context,
  call: Call,
  think: () => Promise<Result<LifeChange>>,
): Promise<Result<Reply>> {
  for (let tried = 0; tried < mostAttempts; tried++) {
    const change = await think()
    if (!change.ok) return change
    const { outcome } = await context.store.commit(unitOf(context, call, change.value))
    if (outcome === 'committed') return { ok: true, value: change.value.reply }
    if (outcome === 'full') return refuse(context, call, { failure: noRoom(undefined), patient: change.value.patient })
  }
  return fail('conflict', 'expected to write without being overtaken, found other writers every time; try again')
}
