/**
 * What comes along with the matches, and with `:iterate` what comes along with that.
 * https://hl7.org/fhir/R4/search.html#revinclude
 */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Inclusion, SearchRequest } from '../../search/search-request.ts'
import type { Found } from '../store/store.ts'
import { backward, forward, type Matches, mostIncluded } from './include-step.ts'
import type { Call, Context } from './interaction.ts'

/** The most steps that `:iterate` takes away from the matches. */
const mostSteps = 10

interface Inclusions {
  readonly include: readonly Inclusion[]
  readonly revinclude: readonly Inclusion[]
}

const isEmpty = ({ include, revinclude }: Inclusions): boolean => include.length === 0 && revinclude.length === 0

async function step(context: Context, call: Call, at: Matches & Inclusions): Promise<readonly Found[]> {
  const [outward, inward] = await Promise.all([forward(context, call, at), backward(context, call, at)])
  return [...outward, ...inward]
}

const iterated = ({ include, revinclude }: Inclusions): Inclusions => ({
  include: include.filter(({ iterate }) => iterate === true),
  revinclude: revinclude.filter(({ iterate }) => iterate === true),
})

const tooCostly = (sentence: string): Result<never> => fail('tooCostly', sentence, 'http._include')

/** @returns what the inclusions of `request` bring, without the matches themselves; `tooCostly` beyond the limits. */
export async function included(
  context: Context,
  call: Call,
  matches: Matches & { readonly request: SearchRequest },
): Promise<Result<readonly Found[]>> {
  const { rows, record, facts, request } = matches
  if (isEmpty(request)) return ok([])
  const matched = new Set(rows.map(({ _id }) => _id))
  const others = new Map<string, Found>()
  let from = rows
  let inclusions: Inclusions = request
  for (let steps = 0; from.length > 0 && !isEmpty(inclusions); steps += 1) {
    if (steps === mostSteps)
      return tooCostly(`expected what :iterate brings within ${mostSteps} steps, found more; name other references`)
    const found = await step(context, call, { rows: from, record, facts, ...inclusions })
    const fresh = new Map(found.filter(({ _id }) => !matched.has(_id) && !others.has(_id)).map(row => [row._id, row]))
    for (const [_id, row] of fresh) others.set(_id, row)
    if (others.size > mostIncluded)
      return tooCostly(`expected at most ${mostIncluded} included resources, found more; ask for a smaller _count`)
    from = [...fresh.values()]
    inclusions = iterated(inclusions)
  }
  return ok([...others.values()])
}
