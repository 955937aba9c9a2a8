/** How much of each document type there is across records: figures, never rows. `docs/decisions/0034-explained-by-what-decides.md` */
import { type Document, MongoServerError } from 'mongodb'
import type { Restriction } from '../../security/restriction.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'
import { toMongo } from './to-mongo.ts'

/** Rows of one document type, and in how many records they are. */
export interface Volume {
  readonly documentType: string
  readonly rows: number
  readonly patients: number
}

/** All keys of the index are walked: more would keep the database busy for too long. */
const mostRows = 5_000_000
const timeLimit = 20_000

const options = { hint: 'compartment', allowDiskUse: true } as const

/** The time limit, and the limits of memory and of disk. */
const tooMuch: ReadonlySet<unknown> = new Set([50, 292, 14031, 16945, 146])

/** The planner reads no row where the first key of the index is bounded and nothing but keys is projected. */
const steps = ({ disjuncts }: Restriction): Document[] => [
  { $match: { patient: { $gt: '' }, $or: disjuncts.map(toMongo) } },
  { $project: { _id: 0, documentType: 1, patient: 1 } },
  { $group: { _id: { documentType: '$documentType', patient: '$patient' }, rows: { $sum: 1 } } },
  { $group: { _id: '$_id.documentType', rows: { $sum: '$rows' }, patients: { $sum: 1 } } },
]

/** The command of the figures: of types and masks from the index alone; other rules read rows. */
export const volumesCommand = (restriction: Restriction): Document => ({
  aggregate: restriction.extent.collection,
  pipeline: steps(restriction),
  cursor: {},
  ...options,
})

export type Volumes = (restriction: Restriction) => Promise<readonly Volume[] | 'too many'>

/** @returns `Store.volumes`: figures of the rows within a restriction over every record; `too many` beyond 5 million rows or 20 seconds. */
export function openVolumes({ db }: Pick<Deployment, 'db'>, most = mostRows): Volumes {
  return async restriction => {
    if (restriction.disjuncts.length === 0) return []
    const collection = db.collection(restriction.extent.collection)
    if ((await onceMore(() => collection.estimatedDocumentCount())) > most) return 'too many'
    try {
      const found = await collection.aggregate(steps(restriction), { ...options, maxTimeMS: timeLimit }).toArray()
      return found.map(({ _id, rows, patients }) => ({ documentType: String(_id), rows, patients }))
    } catch (error) {
      if (error instanceof MongoServerError && tooMuch.has(error.code)) return 'too many'
      throw error
    }
  }
}
