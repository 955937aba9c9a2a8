/** A match that a conditional create returns has been read: what is told of a read is told of it. `docs/decisions/0035-notices.md` */
import type { Telling } from '../../store/store.ts'
import { decideWith } from '../access.ts'
import { tellingOf } from '../trail.ts'
import type { Settled } from './item.ts'
import type { Settling } from './settling.ts'

/** @returns what must be told of the rows that conditions found in the record; undefined for nothing, which is nearly always. */
export function foundTelling(settling: Settling, settled: readonly Settled[]): Telling | undefined {
  const { context, call, record, facts } = settling
  const { patient } = record
  const matches = settled.filter(
    ({ item, collection, existing }) =>
      existing !== undefined && collection === 'record' && item.ifNoneExist !== undefined,
  )
  const [first] = matches
  if (first === undefined || facts === undefined) return undefined
  const asked = { principal: call.principal, interaction: 'search-type', type: first.item.type } as const
  const decision = decideWith(context, asked, { patient, facts })
  if (decision.effect === 'deny' || decision.told === undefined) return undefined
  const targets = matches.flatMap(({ existing }) => (existing === undefined ? [] : [existing.target]))
  return tellingOf(call, decision.told, { patient, targets, at: context.now() })
}
