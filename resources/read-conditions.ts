/** What a type promises of conditions: which interactions take criteria in the place of an id. https://hl7.org/fhir/R4/http.html#cond-update */
import type { ServedType } from './catalog.ts'
import type { Interaction } from './resource.ts'

type Promise = { readonly at: string; readonly json: Readonly<Record<string, unknown>> }

const deletes: ReadonlySet<unknown> = new Set(['single', 'multiple'])
const isDelete = (value: unknown): value is 'single' | 'multiple' => deletes.has(value)

/** How far a read may ask for what has changed only. */
const reads: ReadonlySet<unknown> = new Set(['not-supported', 'modified-since', 'not-match', 'full-support'])

/**
 * @returns the conditions that are promised. A condition is a search: what is promised of a type without the interaction,
 * or without searches, is complained about.
 */
export function readConditions(
  { at, json }: Promise,
  interactions: ReadonlySet<Interaction>,
  complain: (expression: string, diagnostics: string) => void,
): Pick<ServedType, 'conditionalUpdate' | 'conditionalDelete'> {
  const conditionalUpdate = json.conditionalUpdate === true
  const { conditionalDelete = 'not-supported', conditionalRead = 'not-supported' } = json
  const searched = interactions.has('search-type')
  if (conditionalUpdate && !(searched && interactions.has('update')))
    complain(`${at}.conditionalUpdate`, 'expected false for a type that is not both searched and updated')
  const deleted = isDelete(conditionalDelete) ? conditionalDelete : undefined
  if (deleted === undefined && conditionalDelete !== 'not-supported')
    complain(`${at}.conditionalDelete`, 'expected not-supported, single or multiple')
  if (deleted !== undefined && !(searched && interactions.has('delete')))
    complain(`${at}.conditionalDelete`, 'expected not-supported for a type that is not both searched and deleted')
  if (!reads.has(conditionalRead) || (conditionalRead !== 'not-supported' && !interactions.has('read')))
    complain(
      `${at}.conditionalRead`,
      'expected not-supported, or a code of conditional-read-status for a type that is read',
    )
  return { conditionalUpdate, ...(deleted === undefined ? {} : { conditionalDelete: deleted }) }
}
