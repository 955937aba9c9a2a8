/** Lines of several targets of which a caller sees one, where masks changed: such a line tells its target otherwise. `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import type { Document } from 'mongodb'
import type { Told, TrailRequest } from './store.ts'
import type { Eyes } from './trail-eyes.ts'
import { ofRecords, since } from './trail-filter.ts'

/** The interactions for which it is the same how many targets are seen; undefined where it is so for all. */
function exemptOf(told: Told): readonly string[] | undefined {
  if (told.is === 'object') return told.but
  return told.is === 'objects' ? told.finds : undefined
}

/**
 * @returns the stages that find the ids of lines of several targets, one of them changed, of which the caller sees exactly one;
 * undefined where nothing that is asked depends on it. Each target is looked for in the lists by itself: within an
 * expression the database goes through a whole list for each target.
 */
export function stagesOfOne(request: TrailRequest, { seen, changed }: Eyes): Document[] | undefined {
  const told = (request.told ?? []).flatMap(({ of }) => of)
  const [first, ...others] = told.map(exemptOf).filter(list => list !== undefined)
  if (changed === undefined || first === undefined) return undefined
  const exempt = first.filter(interaction => others.every(list => list.includes(interaction)))
  const lines = {
    ...ofRecords(request),
    ...(request.id === undefined ? {} : { _id: request.id }),
    ...{ interaction: { $nin: exempt }, 'targets.1': { $exists: true }, targets: { $elemMatch: changed } },
    $and: [{}, ...since(request.at)],
  }
  return [
    { $match: lines },
    { $project: { targets: { type: 1, id: 1, mask: 1, hiddenUntil: 1 } } },
    { $unwind: '$targets' },
    { $replaceWith: { $mergeObjects: ['$targets', { line: '$_id' }] } },
    { $match: seen },
    { $group: { _id: '$line', targets: { $sum: 1 } } },
    { $match: { targets: 1 } },
    { $project: { _id: 1 } },
  ]
}
