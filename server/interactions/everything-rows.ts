/** The rows of $everything: the Patient, then type by type as the index `compartment` has them, newest first. */
import { and, or, type Query } from '../../search/query.ts'
import type { Facts } from '../../security/facts.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Found, Order, PageRequest } from '../store/store.ts'
import { shownOf, type Within } from './everything-access.ts'
import type { EverythingRequest, Start } from './everything-request.ts'
import type { Call, Context } from './interaction.ts'
import { positionIn } from './road.ts'

/** The record, as far as it was opened. */
export interface Opened {
  readonly request: EverythingRequest
  readonly row: Found
  readonly patient: string
  /** The facts of the record as they stand. */
  readonly facts: () => Promise<Facts | undefined>
}

/** Rows that are asked for at once. */
const mostAtOnce = 500

const newestFirst: Order = { by: 'date', descending: true }

/** The place of a row, for a page that begins after it. */
export const startAfter = (row: Found): Start => ({ type: row.type, after: positionIn(row, newestFirst) })

const isReadable = ([, other]: Within): Query => (other === undefined ? and() : or(...other.disjuncts))

async function* rowsOfType(
  context: Context,
  call: Call,
  at: Opened & Start & { readonly most: number },
): AsyncGenerator<readonly Found[], number> {
  const { request, type, patient, most } = at
  let [after, left] = [at.after, most]
  for (let more = true; more && left > 0; ) {
    const within = shownOf(context, call, { type, patient, facts: await at.facts() })
    if (within === undefined) return left
    const [restriction] = within
    const query = and(isReadable(within), request.within)
    const asked: PageRequest = { restriction, type, query, order: newestFirst, limit: Math.min(mostAtOnce, left) }
    const piece = await context.store.piece(after === undefined ? asked : { ...asked, after })
    const last = piece.rows.at(-1)
    if (last === undefined) return left
    yield piece.rows
    left -= piece.rows.length
    after = positionIn(last, newestFirst)
    more = piece.more
  }
  return left
}

/** One more than a page has says whether another follows. */
const mostOf = ({ count }: EverythingRequest): number => (count === undefined ? Number.POSITIVE_INFINITY : count + 1)

/** Most records hold few of the types that are served. Which of their rows are shown is decided for each type. */
const typesIn = ({ store }: Context, { patient }: Opened): Promise<ReadonlySet<string>> =>
  store.typesIn(systemRestriction('gather facts', { collection: 'record', patient }))

/** @returns the rows from where the request begins, some at a time; each some is restricted by what stands then. */
export async function* rowsOf(context: Context, call: Call, opened: Opened): AsyncGenerator<readonly Found[]> {
  const { request, row } = opened
  const { types, start } = request
  let most = mostOf(request)
  let held: ReadonlySet<string> | undefined
  for (const type of types.slice(start === undefined ? 0 : Math.max(types.indexOf(start.type), 0))) {
    if (most <= 0) return
    if (type === 'Patient') {
      if (start !== undefined) continue
      yield [row]
      most -= 1
      continue
    }
    const after = start?.type === type && start.after !== undefined ? { after: start.after } : {}
    held ??= await typesIn(context, opened)
    if (held.has(type)) most = yield* rowsOfType(context, call, { ...opened, type, ...after, most })
  }
}
