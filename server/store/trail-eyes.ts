/** Which targets of a line a caller sees, said of one target, as a condition on it, and as their number. `access.md` section 8. */
import type { Document } from 'mongodb'
import { letters, parseServerId } from '../../resources/ids.ts'
import type { AuditTarget } from '../../security/audit-entry.ts'
import { byCriteria, seesEverything } from '../../security/trail-view.ts'
import type { TrailRequest } from './store.ts'
import type { TargetMask } from './target-masks.ts'

export interface Eyes {
  readonly sees: (target: AuditTarget) => boolean
  /** The condition that a target is seen, for `$elemMatch`. */
  readonly seen: Document
  /** The condition that a target is a resource, and is seen, for `$elemMatch`: undefined where it is hidden whatever a line says. */
  readonly seenAs: (type: string, id: string) => Document | undefined
  /** The condition that a target has a mask in force that its line may not tell, for `$elemMatch`; undefined where none has. */
  readonly changed: Document | undefined
  /** The condition that a line shows with which words it searched. */
  readonly seenQuery: Document
  /** The condition that an unchanged target is seen, on their number: what is hidden from the caller is no target. */
  readonly seenTargets: Document
}

/** Whether a target is the record's: what belonged to it while another was merged into it is the other's again since they were parted. */
export function isOfRecord({ patient, also = [] }: TrailRequest, { id }: Pick<AuditTarget, 'id'>): boolean {
  if (patient === null || id.startsWith(patient)) return true
  const home = parseServerId(id)
  return home?.collection !== 'record' || also.includes(home.patient)
}

type Asker = Pick<TrailRequest, 'patient' | 'also' | 'parted' | 'visibleMasks' | 'masksAfterHidden' | 'now'>

/** Resources of one type. */
type Named = readonly [type: string, ids: readonly string[]]

const isSeen = (
  { visibleMasks, masksAfterHidden, now }: Asker,
  { mask, hiddenUntil }: Pick<AuditTarget, 'mask' | 'hiddenUntil'>,
): boolean =>
  visibleMasks.includes(mask) || (masksAfterHidden.includes(mask) && hiddenUntil !== null && hiddenUntil <= now)

/** What ids of other records look like, where targets of one may stand in the lines: `isOfRecord` as an expression. An id that a client chose looks otherwise. */
const foreign = ({ patient, also = [], parted = [] }: Asker): string | undefined =>
  patient === null || parted.length === 0
    ? undefined
    : `^(?!(?:${[patient, ...also].join('|')})(?:-|$))${letters}{12}(?:-${letters}{26})?$`

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

/** The criteria of a write that was refused are not shown to whom a mask may hide what they found. */
function queryShownTo(asker: Asker): Document {
  const hidden = { interaction: { $in: [...byCriteria] }, outcome: 'refused', targets: { $size: 0 } }
  return { query: { $exists: true }, ...(seesEverything(asker) ? {} : { $nor: [hidden] }) }
}

/** The conditions without what is another record's. */
function ofRecordAlone(asker: Asker, eyes: Eyes): Eyes {
  const other = foreign(asker)
  if (other === undefined) return eyes
  const { input, cond } = eyes.seenTargets.$size.$filter
  const own = { $not: { $regexMatch: { input: '$$this.id', regex: other } } }
  const seenTargets = { $size: { $filter: { input, cond: { $and: [cond, own] } } } }
  return { ...eyes, seen: { ...eyes.seen, id: { $not: { $regex: other } } }, seenTargets }
}

/** @param changed masks in force that replace those in the lines. */
export const eyesOf = (asker: Asker, changed: readonly TargetMask[]): Eyes =>
  ofRecordAlone(asker, eyesOfAll(asker, changed))

function eyesOfAll(asker: Asker, changed: readonly TargetMask[]): Eyes {
  const seenQuery = queryShownTo(asker)
  const inForce = new Map(changed.map(target => [`${target.type}/${target.id}`, target]))
  const sees = (target: AuditTarget): boolean => isSeen(asker, inForce.get(`${target.type}/${target.id}`) ?? target)
  const seenTargets = { $size: { $filter: { input: '$targets', cond: countedByCopy(asker) } } }
  const seenAs = (type: string, id: string): Document | undefined => {
    const now = inForce.get(`${type}/${id}`)
    if (now === undefined) return { type, id, ...byCopy(asker) }
    return isSeen(asker, now) ? { type, id } : undefined
  }
  if (changed.length === 0) return { sees, seen: byCopy(asker), seenAs, changed: undefined, seenQuery, seenTargets }
  const shown = byType(changed.filter(target => isSeen(asker, target))).map(isOne)
  const hidden = byType(changed.filter(target => !isSeen(asker, target))).map(isOne)
  const seen = { ...(hidden.length === 0 ? {} : { $nor: hidden }), $or: [byCopy(asker), ...shown] }
  return { sees, seen, seenAs, changed: { $or: [...hidden, ...shown] }, seenQuery, seenTargets }
}
