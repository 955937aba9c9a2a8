/** Makes queries exclude each other, because counts are added. An `$or` of overlapping disjuncts would count a row twice. */
import { and, not, type Query } from '../search/query.ts'

const conjuncts = (query: Query): readonly Query[] => (query.op === 'and' ? query.of : [query])

/** Whether both ask one scalar for values that have nothing in common: then no row satisfies both. */
const exclude = (one: Query, other: Query): boolean =>
  conjuncts(one).some(
    mine =>
      mine.op === 'scalar' &&
      conjuncts(other).some(
        theirs =>
          theirs.op === 'scalar' && theirs.name === mine.name && !theirs.in.some(value => mine.in.includes(value)),
      ),
  )

/** @returns the queries in the same order, each without what an earlier one holds, and without those that hold nothing. */
export function disjoint(queries: readonly Query[]): readonly Query[] {
  const earlier: Query[] = []
  return queries
    .filter(({ op }) => op !== 'nothing')
    .map(query => {
      const narrowed = and(query, ...earlier.filter(each => !exclude(each, query)).map(not))
      earlier.push(query)
      return narrowed
    })
    .filter(({ op }) => op !== 'nothing')
}
