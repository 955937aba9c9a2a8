/** Who did what in a record, month by month. https://hl7.org/fhir/R4/auditevent.html */
import type { Document } from 'mongodb'
import { toAuditEntry } from './audit-document.ts'
import { type Months, monthOf } from './audit-months.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'
import { readTimeLimit } from './run-read.ts'
import type { Trail, TrailEntry, TrailRequest } from './store.ts'
import { changedMasks } from './target-masks.ts'
import { type Eyes, eyesOf, isOfRecord } from './trail-eyes.ts'
import { trailFilter } from './trail-filter.ts'
import { stagesOfOne } from './trail-of-one.ts'

const reading = { hint: 'trail', maxTimeMS: readTimeLimit, readConcern: { level: 'majority' } } as const

/** The months in which an answer can lie, in the order of the request. */
async function monthsOf(months: Months, { at, after, descending }: TrailRequest): Promise<readonly string[]> {
  const from = at.flatMap(bounds => (bounds.from === undefined ? [] : [monthOf(bounds.from)]))
  const before = at.flatMap(bounds => (bounds.before === undefined ? [] : [monthOf(bounds.before)]))
  const reached = after === undefined ? [] : [monthOf(Number(after.value))]
  const all = await months.list()
  const asked = all.filter(
    month =>
      [...from, ...(descending ? [] : reached)].every(first => month >= first) &&
      [...before, ...(descending ? reached : [])].every(last => month <= last),
  )
  return descending ? [...asked].reverse() : asked
}

function toEntry(request: TrailRequest, { sees }: Eyes, document: Document): TrailEntry {
  const entry = toAuditEntry(document)
  const shown = entry.targets.filter(target => isOfRecord(request, target) && sees(target))
  return { ...entry, _id: String(document._id), targets: shown }
}

/** What is asked of each month. */
async function filtersOf(deployment: Deployment, request: TrailRequest) {
  const eyes = eyesOf(request, await changedMasks(deployment, request))
  const stages = stagesOfOne(request, eyes)
  const all = trailFilter(request, eyes, [])
  const filterOf = async (month: string): Promise<Document> => {
    if (stages === undefined) return all
    const lines = () =>
      deployment.db.collection<{ _id: string }>(month).aggregate<{ _id: string }>(stages, reading).toArray()
    return trailFilter(
      request,
      eyes,
      (await onceMore(lines)).map(({ _id }) => _id),
    )
  }
  return { eyes, filterOf }
}

/** @returns the trail of a deployment. */
export function openTrail(deployment: Deployment, months: Months): Trail {
  const { db } = deployment
  return {
    async find(request) {
      const direction = request.descending ? -1 : 1
      const options = { ...reading, sort: { at: direction, _id: direction } } as const
      const { eyes, filterOf } = await filtersOf(deployment, request)
      const found: TrailEntry[] = []
      for (const month of await onceMore(() => monthsOf(months, request))) {
        const limit = request.limit - found.length
        if (limit <= 0) break
        const filter = await filterOf(month)
        const read = () =>
          db
            .collection(month)
            .find(filter, { ...options, limit })
            .toArray()
        found.push(...(await onceMore(read)).map(document => toEntry(request, eyes, document)))
      }
      return found
    },
    async count(request) {
      const { filterOf } = await filtersOf(deployment, request)
      let sum = 0
      for (const month of await onceMore(() => monthsOf(months, request))) {
        const filter = await filterOf(month)
        sum += await onceMore(() => db.collection(month).countDocuments(filter, reading))
      }
      return sum
    },
  }
}
