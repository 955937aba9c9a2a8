/** By what the lines of the trail are asked for, beside time, agent and entity. `access.md` section 8. */
import type { Document } from 'mongodb'
import type { Told, ToldBy } from './store.ts'
import type { Eyes } from './trail-eyes.ts'

const fields = { interaction: 'interaction', outcome: 'outcome', role: 'agent.role', profession: 'agent.profession' }

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * That the caller sees exactly one of several targets. The database counts those whose masks are in the line; where masks
 * changed it would go through a long list for each target that it counts: such lines are known by their ids.
 */
function oneOfSeveral({ changed, seenTargets }: Eyes, ofOne: readonly string[]): readonly Document[] {
  const counted = { 'targets.1': { $exists: true }, $expr: { $eq: [seenTargets, 1] } }
  if (changed === undefined) return [counted]
  return [{ ...counted, $nor: [{ targets: { $elemMatch: changed } }] }, { _id: { $in: [...ofOne] } }]
}

function byOne(told: Told, eyes: Eyes, ofOne: readonly string[]): Document {
  switch (told.is) {
    case 'always':
      return {}
    case 'query':
      return eyes.seenQuery
    case 'target':
      return { targets: { $elemMatch: eyes.seen } }
    case 'profession of any system':
      return { $or: told.in.map(code => ({ 'agent.profession': { $regex: `\\|${literal(code)}$` } })) }
    case 'object':
      return {
        interaction: { $nin: [...told.but] },
        $or: [{ targets: { $size: 1, $elemMatch: eyes.seen } }, ...oneOfSeveral(eyes, ofOne)],
      }
    case 'objects': {
      const one = [{ targets: { $size: 1 } }, ...oneOfSeveral(eyes, ofOne)]
      const several = [{ interaction: { $in: [...told.finds] } }, { $nor: one }]
      return { targets: { $elemMatch: { type: told.type, ...eyes.seen } }, $or: several }
    }
    default:
      return { [fields[told.is]]: { $in: [...told.in] } }
  }
}

/**
 * @param ofOne lines of several targets, one of them changed, of which the caller sees one.
 * @returns the condition that a line tells one of the alternatives, or none of them.
 */
export function toldFilter({ of, not }: ToldBy, eyes: Eyes, ofOne: readonly string[]): Document {
  const any = of.map(told => byOne(told, eyes, ofOne))
  if (any.length === 0) return not ? {} : { $nor: [{}] }
  return not ? { $nor: any } : { $or: any }
}
