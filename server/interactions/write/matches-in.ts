/** What criteria find wherever they look: in the records that they name or in every one, and outside of records. `access.md` section 9. */
import { and, type Query, scalar } from '../../../search/query.ts'
import type { SearchRequest } from '../../../search/search-request.ts'
import type { Found } from '../../store/store.ts'
import { factsOf } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import type { Reach } from '../patient-names.ts'
import { mayLiveOutside } from './beside-record.ts'
import { matchesOf, type Within } from './conditional.ts'
import type { Looked } from './criteria-trace.ts'

interface Place {
  readonly patient: string | 'every' | null
  readonly query: Query
}

/** Where the search looks, one place after the other: types of records may also live outside them. */
function placesOf(
  context: Context,
  { type, query }: Pick<SearchRequest, 'type' | 'query'>,
  { records }: Reach,
): readonly Place[] {
  if (records === null) return [{ patient: null, query }]
  if (records !== 'every') {
    const [patient, another] = records
    if (patient === undefined) return []
    return [
      another === undefined
        ? { patient, query }
        : { patient: 'every', query: and(query, scalar('patient', ...records)) },
    ]
  }
  return [{ patient: 'every', query }, ...(mayLiveOutside(context, type) ? [{ patient: null, query }] : [])]
}

/** What is looked for, how many matches are wanted, and what is said of each search. */
export interface Sought extends Pick<Within, 'gone' | 'searchedOnly'> {
  readonly request: SearchRequest
  readonly reach: Reach
  readonly most: number
  readonly said?: (looked: Looked) => Promise<void>
}

/** @returns at most as many matches as are wanted, within what `matchesOf` finds. */
export async function matchesIn(context: Context, call: Call, sought: Sought): Promise<readonly Found[]> {
  const { request, reach, said, ...how } = sought
  const found: Found[] = []
  for (const { patient, query } of placesOf(context, request, reach)) {
    const within = {
      type: request.type,
      request: { ...request, query },
      patient,
      facts: await factsOf(context, patient),
    }
    const rows = await matchesOf(context, call, { ...within, ...how })
    await said?.({ ...within, rows })
    found.push(...rows)
    if (found.length >= how.most) break
  }
  return found.slice(0, how.most)
}
