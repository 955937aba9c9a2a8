/** Who did what in a record, month by month. https://hl7.org/fhir/R4/auditevent.html */
import type { Document } from 'mongodb'
import { toAuditEntry } from './audit-document.ts'
import { type Months, monthOf } from './audit-months.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'
import { readTimeLimit } from './run-read.ts'
import type { Trail, TrailEntry, TrailRequest } from './store.ts'
import { sees, trailFilter } from './trail-filter.ts'

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

function toEntry(request: TrailRequest, document: Document): TrailEntry {
  const entry = toAuditEntry(document)
  return { ...entry, _id: String(document._id), targets: entry.targets.filter(target => sees(request, target)) }
}

/** @returns the trail of a deployment. */
export function openTrail({ db }: Deployment, months: Months): Trail {
  return {
    async find(request) {
      const direction = request.descending ? -1 : 1
      const options = { ...reading, sort: { at: direction, _id: direction } } as const
      const found: TrailEntry[] = []
      for (const month of await onceMore(() => monthsOf(months, request))) {
        const limit = request.limit - found.length
        if (limit <= 0) break
        const read = () =>
          db
            .collection(month)
            .find(trailFilter(request), { ...options, limit })
            .toArray()
        found.push(...(await onceMore(read)).map(document => toEntry(request, document)))
      }
      return found
    },
    async count(request) {
      let sum = 0
      for (const month of await onceMore(() => monthsOf(months, request)))
        sum += await onceMore(() => db.collection(month).countDocuments(trailFilter(request), reading))
      return sum
    },
  }
}
