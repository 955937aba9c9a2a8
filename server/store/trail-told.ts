/** By what the lines of the trail are asked for, beside time, agent and entity. `access.md` section 8. */
import type { Document } from 'mongodb'
import type { Told, ToldBy } from './store.ts'
import type { Eyes } from './trail-eyes.ts'

const fields = { interaction: 'interaction', outcome: 'outcome', role: 'agent.role', profession: 'agent.profession' }

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function byOne(told: Told, { seen, seenTargets }: Eyes): Document {
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
      return { interaction: { $nin: [...told.but] }, $expr: { $eq: [seenTargets, 1] } }
    case 'objects': {
      const several = [{ interaction: { $in: [...told.finds] } }, { $expr: { $ne: [seenTargets, 1] } }]
      return { targets: { $elemMatch: { type: told.type, ...seen } }, $or: several }
    }
    default:
      return { [fields[told.is]]: { $in: [...told.in] } }
  }
}

/** @returns the condition that a line tells one of the alternatives, or none of them. */
export function toldFilter({ of, not }: ToldBy, eyes: Eyes): Document {
  const any = of.map(told => byOne(told, eyes))
  if (any.length === 0) return not ? {} : { $nor: [{}] }
  return not ? { $nor: any } : { $or: any }
}
