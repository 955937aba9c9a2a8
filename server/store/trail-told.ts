/** By what the lines of the trail are asked for, beside time, agent and entity. `access.md` section 8. */
import type { Document } from 'mongodb'
import type { Told, ToldBy, TrailRequest } from './store.ts'

type Eyes = Pick<TrailRequest, 'visibleMasks' | 'masksAfterHidden' | 'now'>

/** The number of targets that the caller sees: what is hidden from him is no target. */
const seenTargets = ({ visibleMasks, masksAfterHidden, now }: Eyes): Document => ({
  $size: {
    $filter: {
      input: '$targets',
      cond: {
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
      },
    },
  },
})

const fields = { interaction: 'interaction', outcome: 'outcome', role: 'agent.role', profession: 'agent.profession' }

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function byOne(told: Told, eyes: Eyes, seen: Document): Document {
  switch (told.is) {
    case 'always':
      return {}
    case 'query':
      return { query: { $exists: true } }
    case 'target':
      return { targets: { $elemMatch: seen } }
    case 'profession of any system':
      return { $or: told.in.map(code => ({ 'agent.profession': { $regex: `\\|${literal(code)}$` } })) }
    case 'object':
      return { interaction: { $nin: [...told.but] }, $expr: { $eq: [seenTargets(eyes), 1] } }
    case 'objects': {
      const several = [{ interaction: { $in: [...told.finds] } }, { $expr: { $ne: [seenTargets(eyes), 1] } }]
      return { targets: { $elemMatch: { type: told.type, ...seen } }, $or: several }
    }
    default:
      return { [fields[told.is]]: { $in: [...told.in] } }
  }
}

/** @returns the condition that a line tells one of the alternatives, or none of them. `seen` is that of a target. */
export function toldFilter({ of, not }: ToldBy, eyes: Eyes, seen: Document): Document {
  const any = of.map(told => byOne(told, eyes, seen))
  if (any.length === 0) return not ? {} : { $nor: [{}] }
  return not ? { $nor: any } : { $or: any }
}
