/** Who did what in a record, month by month. https://hl7.org/fhir/R4/auditevent.html */
import type { Document } from 'mongodb'
import { toAuditEntry } from './audit-document.ts'
import type { Months } from './audit-months.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'
import type { Trail, TrailEntry, TrailRequest } from './store.ts'
import { changedMasks } from './target-masks.ts'
import { type Eyes, eyesOf, isOfRecord } from './trail-eyes.ts'
import { trailFilter } from './trail-filter.ts'
import { stagesOfOne } from './trail-of-one.ts'
import { firstLines, reading } from './trail-page.ts'
import { partsOf, type TrailPart } from './trail-parts.ts'

/** By which index lines are found: one by its id, the others by their time. */
const hintOf = ({ id }: TrailRequest): 'trail' | '_id_' => (id === undefined ? 'trail' : '_id_')

function toEntry(request: TrailRequest, { sees }: Eyes, document: Document): TrailEntry {
  const entry = toAuditEntry(document)
  const shown = entry.targets.filter(target => isOfRecord(request, target) && sees(target))
  return { ...entry, _id: String(document._id), targets: shown }
}

/** A page for which so many whole parts were read is a long one. */
const partsOfLong = 2

/** What is asked of each part. */
async function filtersOf(deployment: Deployment, asked: TrailRequest) {
  const eyes = eyesOf(asked, await changedMasks(deployment, asked))
  const filterOf = async ({ month, request }: TrailPart): Promise<Document> => {
    const stages = stagesOfOne(request, eyes)
    if (stages === undefined) return trailFilter(request, eyes, [])
    const options = { ...reading, hint: hintOf(request) }
    const lines = () =>
      deployment.db.collection<{ _id: string }>(month).aggregate<{ _id: string }>(stages, options).toArray()
    const ofOne = (await onceMore(lines)).map(({ _id }) => _id)
    return trailFilter(request, eyes, ofOne)
  }
  return { eyes, filterOf }
}

/** @returns the trail of a deployment. */
export function openTrail(deployment: Deployment, months: Months): Trail {
  const { db } = deployment
  return {
    async find(request, goesOn = () => true) {
      const { descending } = request
      const { eyes, filterOf } = await filtersOf(deployment, request)
      const hint = hintOf(request)
      const found: TrailEntry[] = []
      let whole = 0
      for await (const part of partsOf({ db, months }, request, false)) {
        const limit = request.limit - found.length
        if (limit <= 0 || (whole >= partsOfLong && !goesOn())) break
        const filter = await filterOf(part)
        const lines = await firstLines(db.collection(part.month), { filter, hint, descending, limit })
        found.push(...lines.map(document => toEntry(request, eyes, document)))
        if (part.whole) whole += 1
      }
      return found
    },
    async count(request) {
      const { filterOf } = await filtersOf(deployment, request)
      const options = { ...reading, hint: hintOf(request) }
      let sum = 0
      for await (const part of partsOf({ db, months }, request, true)) {
        const filter = await filterOf(part)
        sum += await onceMore(() => db.collection(part.month).countDocuments(filter, options))
      }
      return sum
    },
  }
}
