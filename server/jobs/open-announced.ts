/** Opens the records that were announced six weeks ago and that nobody opposed. Code de la santé publique, R.1111-28 */

import { parseScopes } from '../../security/parse-scopes.ts'
import type { Principal } from '../../security/principal.ts'
import type { Call } from '../interactions/interaction.ts'
import { openRecord, writtenText } from '../interactions/life/open-record.ts'
import type { Announced } from '../store/life-request.ts'
import type { Job, JobContext } from './job.ts'

const atOnce = 100

/** The insurance is who opens records by law; this server does so in its name. */
const opener = (context: JobContext): Principal => ({
  ...{ kind: 'insurance', subject: 'automatic-opening', issuer: context.base, client: null, fhirUser: null },
  ...{ scopes: parseScopes('system/Patient.c system/Consent.c'), patient: null, token: null },
})

const callOf = (context: JobContext, principal: Principal): Call => ({
  ...{ principal, interaction: 'operation', operation: 'open', type: 'Patient', parameters: [] },
  preferences: { returns: 'minimal', handling: 'strict', accept: '' },
  request: `job-open-announced-${context.newUlid()}`,
})

/** Failures after which there is nothing to open: the person has a record, or opposed, or the Patient is none by the rules of now. */
const settled: ReadonlySet<string> = new Set(['conflict', 'refusedByRule', 'invalidResource'])

async function openOne(context: JobContext, announced: Announced): Promise<boolean> {
  const call = callOf(context, opener(context))
  const agreement = { notice: announced.notice, collected: announced.informed, method: 'no-opposition' }
  const patient = writtenText(announced.patient)
  const { done } = await openRecord(context, call, { patient, agreement, path: 'Patient' })
  if (!done.ok && settled.has(done.failure.kind)) {
    const unit = { writes: [], claims: [], releases: [], audit: [], outbox: [] }
    await context.store.commit({ ...unit, opening: { does: 'forget', key: announced.key } })
  }
  return done.ok
}

/** @returns how many records were opened. What cannot be opened is forgotten, so that it comes but once. */
async function openAll(context: JobContext, now: number): Promise<string> {
  let opened = 0
  let seen: ReadonlySet<string> = new Set()
  while (!context.stopping.aborted) {
    const due = (await context.store.announced(now, atOnce)).filter(({ key }) => !seen.has(key))
    for (const announced of due) if (await openOne(context, announced)) opened += 1
    if (due.length === 0) break
    seen = new Set(due.map(({ key }) => key))
  }
  return `opened ${opened}`
}

export const openAnnounced: Job = {
  name: 'open-announced',
  meaning: 'Opens records that were announced six weeks ago, unless they were opposed.',
  everySeconds: 3600,
  run: openAll,
}
