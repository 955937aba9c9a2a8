/** Takes away bytes of attachments whose write never came to its end. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import type { Job, JobContext } from './job.ts'

/** One run looks at so many chunks, so that other jobs come to their turn. */
const bounds = { looks: 10, limit: 1000 }

async function run({ store, progress, stopping }: JobContext, now: number): Promise<string> {
  let [looked, marked, taken] = [0, 0, 0]
  for (let look = 0; look < bounds.looks && !stopping.aborted; look += 1) {
    const swept = await store.leftBytes.sweep(now, { limit: bounds.limit, stopping })
    looked += swept.looked
    marked += swept.marked
    taken += swept.taken
    await progress(`looked at ${looked} pieces`)
    if (!swept.more) break
  }
  return `looked at ${looked} pieces, marked ${marked}, taken away ${taken}`
}

export const collectBytes: Job = {
  name: 'collect-bytes',
  meaning: 'Takes away bytes of attachments that a write left behind whose server was killed.',
  everySeconds: 60,
  run,
}
