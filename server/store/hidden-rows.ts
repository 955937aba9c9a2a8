/** Documents that are hidden from their patients, across records, for the jobs that watch over them. `access.md` section 10 */
import type { Restriction } from '../../security/restriction.ts'
import type { Deployment } from './deployment.ts'
import { runFind } from './run-read.ts'

export interface HiddenRow {
  readonly _id: string
  readonly patient: string
  readonly mask: number
  readonly hiddenUntil: number
}

export interface HiddenRequest {
  /** The server's own, over all records. */
  readonly restriction: Restriction
  /** [from, before) of `hiddenUntil`, milliseconds since 1970. */
  readonly from: number
  readonly before: number
  readonly after?: HiddenRow | undefined
  readonly limit: number
}

/** @returns at most `limit` documents that are hidden from their patients, in the order of `hiddenUntil`. */
export type HiddenRows = (request: HiddenRequest) => Promise<readonly HiddenRow[]>

const invisible = 2
/** Nobody will announce what its author withdrew. */
const withdrawn = 16

/** @returns `HiddenRows` of a deployment. Throws for a restriction that is not over all records: the query looks at no other. */
export const openHiddenRows =
  (deployment: Deployment): HiddenRows =>
  async ({ restriction: { extent }, from, before, after, limit }) => {
    if (extent.collection !== 'record' || extent.patient !== 'every') throw new Error('expected every record')
    const since = new Date(Math.max(from, after?.hiddenUntil ?? from))
    const rows = await runFind(deployment, {
      find: 'record',
      filter: {
        hiddenUntil: { $gte: since, $lt: new Date(before) },
        ...{ type: 'DocumentReference', mask: { $bitsAllSet: invisible, $bitsAllClear: withdrawn } },
        ...(after === undefined
          ? {}
          : { $or: [{ hiddenUntil: { $gt: since } }, { hiddenUntil: since, _id: { $gt: after._id } }] }),
      },
      projection: { patient: 1, mask: 1, hiddenUntil: 1 },
      ...{ sort: { hiddenUntil: 1, _id: 1 }, hint: 'hidden', limit, batchSize: limit },
    })
    return rows as unknown as readonly HiddenRow[] // the border: of rows that we wrote, the fields that we asked for
  }
