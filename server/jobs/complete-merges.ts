/** Completes merges: brings along what was being written meanwhile, and takes away bytes that have moved. `docs/decisions/0037-one-person-one-record.md` */
import type { Principal } from '../../security/principal.ts'
import type { Call } from '../interactions/interaction.ts'
import { sweepMerge } from '../interactions/life/sweep-merge.ts'
import type { Job, JobContext } from './job.ts'

const atOnce = 1000

const clock = (context: JobContext): Principal => ({
  ...{ kind: 'operator', subject: 'completed-merge', issuer: context.base, client: null, fhirUser: null },
  ...{ scopes: [], patient: null, token: null },
})

const callOf = (context: JobContext): Call => ({
  ...{ principal: clock(context), interaction: 'operation', operation: 'merge', type: 'Patient', parameters: [] },
  preferences: { returns: 'minimal', handling: 'strict', accept: '' },
  request: `job-complete-merges-${context.newUlid()}`,
})

async function run(context: JobContext, now: number): Promise<string> {
  const { merging } = context.store
  let [brought, completed, waiting] = [0, 0, 0]
  for (const task of await merging.tasks(atOnce)) {
    if (context.stopping.aborted) break
    const swept = task.does === 'merge' ? await sweepMerge({ ...context, now: () => now }, callOf(context), task) : 0
    // As long as something is left in the record that was merged, nothing of it is taken away.
    if (swept === 'left') waiting += 1
    else {
      brought += swept
      if (await merging.complete(task, now)) completed += 1
    }
  }
  return `brought ${brought}, completed ${completed}, waiting ${waiting}`
}

export const completeMerges: Job = {
  name: 'complete-merges',
  meaning: 'Brings along what was being written into a record while it was merged into another.',
  everySeconds: 10,
  run,
}
