/** Two weeks after a deposit that nobody announced to the patient, he is told to see a professional, and not why. `docs/decisions/0035-notices.md` */
import { invisibleRepresentants } from '../../security/mask.ts'
import type { Notice } from '../../security/notices.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import { firstDeposit } from '../../security/writes/first-deposit.ts'
import type { HiddenRow } from '../store/hidden-rows.ts'
import type { Job, JobContext } from './job.ts'

const day = 24 * 3600 * 1000
const twoWeeks = 14 * day

/** A month has 31 days at most: whoever is shown later than this was deposited less than two weeks ago. */
const longestAhead = 31 * day - twoWeeks + day

const atOnce = 500

/** Documents of one day are one notice: how many there are is nobody's business yet. */
function noticeOf({ patient, mask }: HiddenRow, deposited: number, now: number): Notice {
  const secret = (mask & invisibleRepresentants) !== 0
  const on = new Date(deposited).toISOString().slice(0, 10)
  return {
    once: `${patient}-unannounced-${on}${secret ? '-secret' : ''}`,
    ...{ patient, topic: 'unannounced-document', to: 'patient', at: now, due: now },
    ...{ secret, hiddenUntil: null, agent: null, about: [] },
  }
}

async function pageAfter({ store }: JobContext, now: number, after: HiddenRow | undefined) {
  const restriction = systemRestriction('jobs', { collection: 'record', patient: 'every' })
  return store.hidden({ restriction, from: now, before: now + longestAhead, after, limit: atOnce })
}

const noticesOf = (rows: readonly HiddenRow[], now: number): readonly Notice[] =>
  rows.flatMap(row => {
    const deposited = firstDeposit(row._id)
    return deposited === undefined || deposited + twoWeeks > now ? [] : [noticeOf(row, deposited, now)]
  })

/** A closed record tells nothing, as it shows nothing: its holder died, or wants none. One that is opened again is looked at then. */
async function ofOpenRecords({ store }: JobContext, notices: readonly Notice[]): Promise<readonly Notice[]> {
  const patients = [...new Set(notices.map(({ patient }) => patient))]
  const facts = await Promise.all(patients.map(patient => store.facts(patient)))
  const closed = new Set(patients.filter((_, at) => facts[at]?.open === false))
  return notices.filter(({ patient }) => !closed.has(patient))
}

async function run(context: JobContext, now: number): Promise<string> {
  let looked = 0
  let after: HiddenRow | undefined
  for (;;) {
    const rows = await pageAfter(context, now, after)
    const notices = new Map(noticesOf(rows, now).map(notice => [notice.once, notice]))
    await context.store.outbox.put(await ofOpenRecords(context, [...notices.values()]))
    looked += rows.length
    after = rows.at(-1)
    await context.progress(`${looked} hidden documents looked at`)
    if (rows.length < atOnce) return `looked at ${looked} hidden documents`
    if (context.stopping.aborted) return `stopped after ${looked} hidden documents`
  }
}

export const unannouncedDocuments: Job = {
  name: 'unannounced-documents',
  meaning: 'Tells patients to see a professional, two weeks after a document that is still hidden from them.',
  everySeconds: 6 * 3600,
  run,
}
