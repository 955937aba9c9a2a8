/** Searches that name a Patient by the id of a record that was merged into another. `docs/decisions/0037-one-person-one-record.md` */
import type { Query } from '../search/query.ts'
import type { Facts } from './facts.ts'

const ofPatient = '=Patient/'

/** A key of a reference to one of `merged`, and the same of the Patient who goes on: what was deposited there leads to that one. */
function bothKeys(key: string, { patient, merged = [] }: Facts): readonly string[] {
  const at = key.lastIndexOf(ofPatient)
  const id = at < 0 ? '' : key.slice(at + ofPatient.length)
  return merged.some(each => each.patient === id) ? [key, `${key.slice(0, at)}${ofPatient}${patient}`] : [key]
}

/** @returns a query that finds references to the Patient by every id that it had. */
export function inEveryName(query: Query, facts: Facts | undefined): Query {
  if (facts?.merged === undefined) return query
  switch (query.op) {
    case 'key':
      return { op: 'key', in: query.in.flatMap(key => bothKeys(key, facts)) }
    case 'and':
    case 'or':
      return { op: query.op, of: query.of.map(part => inEveryName(part, facts)) }
    case 'not':
      return { op: 'not', of: inEveryName(query.of, facts) }
    case 'element':
      return { ...query, of: inEveryName(query.of, facts) }
    default:
      return query
  }
}
