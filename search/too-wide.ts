/** Searches for a text anywhere in a value: no index has an order for them. https://hl7.org/fhir/R4/search.html#string */
import { fail } from '../resources/outcome.ts'
import type { Query } from './query.ts'

type TextQuery = Extract<Query, { readonly op: 'holds' }>

/** The parts of a query that look for a text within values. */
export function textQueries(query: Query): readonly TextQuery[] {
  switch (query.op) {
    case 'holds':
      return [query]
    case 'and':
    case 'or':
      return query.of.flatMap(textQueries)
    case 'not':
    case 'element':
      return textQueries(query.of)
    default:
      return []
  }
}

/** The shortest text for which the values of all resources of a type are gone through. */
const shortest = 3

/** The refusal of a text that is too short where more than one record is searched; undefined where none is. */
export function refuseWide(query: Query): ReturnType<typeof fail> | undefined {
  const [short] = textQueries(query).filter(({ text }) => text.length < shortest)
  if (short === undefined) return undefined
  const code = short.prefix.replace(/[~=]$/, '')
  return fail(
    'tooCostly',
    `${code}: expected at least ${shortest} letters to look for within values where more than one record is searched, found fewer.`,
    `http.${code}`,
  )
}
