/** Destroys records whose time has come, and completes every destruction that was begun. `docs/decisions/0033-destroying-a-record.md` */
import type { Principal } from '../../security/principal.ts'
import type { Call } from '../interactions/interaction.ts'
import { beginDestruction } from '../interactions/life/destroy.ts'
import { idKey } from '../interactions/locate.ts'
import { traceOf } from '../interactions/trail.ts'
import type { DestructionTask } from '../store/destruction.ts'
import type { Job, JobContext } from './job.ts'

const atOnce = 100

const clock = (context: JobContext): Principal => ({
  ...{ kind: 'operator', subject: 'scheduled-destruction', issuer: context.base, client: null, fhirUser: null },
  ...{ scopes: [], patient: null, token: null },
})

const callOf = (context: JobContext): Call => ({
  ...{ principal: clock(context), interaction: 'operation', operation: 'destroy', type: 'Patient', parameters: [] },
  preferences: { returns: 'minimal', handling: 'strict', accept: '' },
  request: `job-destroy-records-${context.newUlid()}`,
})

/** The line by which stripped lines of a month that came after the destruction are believed. */
const telling = (context: JobContext, now: number) => (patient: string, task: DestructionTask) => {
  const call = { ...callOf(context), type: task.rows?.[0]?.type ?? 'Patient' }
  const trace = { patient, status: 200, basis: 'the destruction is completed' }
  return context.store.audit([traceOf({ ...context, now: () => now }, call, trace)])
}

/** Begins what is due: one that was opened again in the meantime is left alone by its transaction. */
async function beginAll(context: JobContext, now: number): Promise<number> {
  let begun = 0
  while (!context.stopping.aborted) {
    const due = await context.store.destruction.due(now, atOnce)
    let some = 0
    for (const patient of due) {
      const at = { patient, basis: 'kept as long as the law says', ifDue: true }
      if (await beginDestruction({ ...context, now: () => now }, callOf(context), at)) some += 1
    }
    begun += some
    if (some === 0) break
  }
  return begun
}

async function run(context: JobContext, now: number): Promise<string> {
  const begun = await beginAll(context, now)
  const { destruction } = context.store
  const keyOf = (type: string, id: string): string => idKey(context, type, id)
  let completed = 0
  for (const task of await destruction.tasks(atOnce * 10)) {
    if (context.stopping.aborted) break
    if (await destruction.complete(task, { keyOf, now, stopping: context.stopping, tell: telling(context, now) }))
      completed += 1
  }
  return `begun ${begun}, completed ${completed}`
}

export const destroyRecords: Job = {
  name: 'destroy-records',
  meaning: 'Destroys records ten years after their closing or at the latest three months after a request.',
  everySeconds: 60,
  run,
}
