/** How much of a command a restriction takes: requests that share one must stay below what the database accepts. */
import type { Query } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'

function valuesIn(query: Query): number {
  switch (query.op) {
    case 'and':
    case 'or':
      return query.of.reduce((sum, part) => sum + valuesIn(part), 0)
    case 'not':
    case 'element':
      return valuesIn(query.of)
    case 'scalar':
    case 'key':
    case 'follows':
      return query.in.length
    default:
      return 1
  }
}

/** @returns the number of values that its lists hold together. */
export const valuesOf = ({ disjuncts }: Restriction): number =>
  disjuncts.reduce((sum, disjunct) => sum + valuesIn(disjunct), 0)
