/** Which targets of a line a caller sees, said thrice: of one target, as a condition on it, and as their number. `access.md` section 8. */
import type { Document } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import type { AuditTarget } from '../../security/audit-entry.ts'
import type { TrailRequest } from './store.ts'
import type { TargetMask } from './target-masks.ts'

export interface Eyes {
  readonly sees: (target: AuditTarget) => boolean
  /** The condition that a target is seen, for `$elemMatch`. */
  readonly seen: Document
  /** The number of targets that the caller sees: what is hidden from him is no target. */
  readonly seenTargets: Document
}

/** Whether a target is the record's: what belonged to it while another was merged into it is the other's again since they were parted. */
export function isOfRecord({ patient, also = [] }: TrailRequest, { id }: Pick<AuditTarget, 'id'>): boolean {
  if (patient === null || id.startsWith(patient)) return true
  const home = parseServerId(id)
  return home?.collection !== 'record' || also.includes(home.patient)
}

type Asker = Pick<TrailRequest, 'visibleMasks' | 'masksAfterHidden' | 'now'>

/** Resources of one type. */
type Named = readonly [type: string, ids: readonly string[]]

const isSeen = (
  { visibleMasks, masksAfterHidden, now }: Asker,
  { mask, hiddenUntil }: Pick<AuditTarget, 'mask' | 'hiddenUntil'>,
): boolean =>
  visibleMasks.includes(mask) || (masksAfterHidden.includes(mask) && hiddenUntil !== null && hiddenUntil <= now)

const byCopy = ({ visibleMasks, masksAfterHidden, now }: Asker): Document => ({
  $or: [
    { mask: { $in: [...visibleMasks] } },
    { mask: { $in: [...masksAfterHidden] }, hiddenUntil: { $lte: new Date(now) } },
  ],
})

const countedByCopy = ({ visibleMasks, masksAfterHidden, now }: Asker): Document => ({
  $or: [
    { $in: ['$$this.mask', [...visibleMasks]] },
    {
      $and: [
        { $in: ['$$this.mask', [...masksAfterHidden]] },
        { $gt: ['$$this.hiddenUntil', null] },
        { $lte: ['$$this.hiddenUntil', new Date(now)] },
      ],
    },
  ],
})

function byType(resources: readonly TargetMask[]): readonly Named[] {
  const named = new Map<string, string[]>()
  for (const { type, id } of resources) {
    const ids = named.get(type)
    if (ids === undefined) named.set(type, [id])
    else ids.push(id)
  }
  return [...named]
}

const isOne = ([type, ids]: Named): Document => ({ type, id: { $in: [...ids] } })

/** A set of constants is looked into by a hash, where `$in` compares with one after the other. */
const countedAsOne = ([type, ids]: Named): Document => ({
  $and: [{ $eq: ['$$this.type', type] }, { $setIsSubset: [['$$this.id'], { $literal: [...ids] }] }],
})

/** @param changed masks in force that replace those in the lines. */
export function eyesOf(asker: Asker, changed: readonly TargetMask[]): Eyes {
  const inForce = new Map(changed.map(target => [`${target.type}/${target.id}`, target]))
  const sees = (target: AuditTarget): boolean => isSeen(asker, inForce.get(`${target.type}/${target.id}`) ?? target)
  const count = (cond: Document): Document => ({ $size: { $filter: { input: '$targets', cond } } })
  if (changed.length === 0) return { sees, seen: byCopy(asker), seenTargets: count(countedByCopy(asker)) }
  const [all, shown] = [byType(changed), byType(changed.filter(target => isSeen(asker, target)))]
  const seen = { $or: [{ ...byCopy(asker), $nor: all.map(isOne) }, ...shown.map(isOne)] }
  const unchanged = { $and: [countedByCopy(asker), { $not: [{ $or: all.map(countedAsOne) }] }] }
  return { sees, seen, seenTargets: count({ $or: [unchanged, ...shown.map(countedAsOne)] }) }
}
