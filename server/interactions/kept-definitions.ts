/** ValueSets and CodeSystems that are kept as resources, as the caller may search them. `docs/decisions/0029-codes-come-from-the-definitions.md` */
import type { KnownCodes } from '../../search/codes-kept.ts'
import type { Query } from '../../search/query.ts'
import type { Found } from '../store/store.ts'
import { decideWith } from './access.ts'
import type { Call, Context } from './interaction.ts'

export interface KeptDefinitions {
  /** The resources that a query finds: two at most, for one must be the only one. Each is looked up once. */
  readonly find: (type: 'ValueSet' | 'CodeSystem', query: Query) => Promise<readonly Found[]>
  /** What R4 says of codes: kept definitions build on it. */
  readonly known: KnownCodes
}

const order = { by: 'date', descending: true } as const

async function visible(
  context: Context,
  { principal }: Call,
  { type, query }: { readonly type: string; readonly query: Query },
): Promise<readonly Found[]> {
  const { regime, store, now } = context
  const searching = { principal, interaction: 'search-type', type } as const
  if (regime.gate({ ...searching, now: now() }) !== undefined) return []
  const decision = decideWith(context, searching, { patient: null, facts: undefined })
  if (decision.effect === 'deny') return []
  return store.page({ restriction: decision.restriction, type, query, order, limit: 2 })
}

/** @returns what looks them up for one request. Hidden is absent. */
export function keptDefinitions(context: Context, call: Call): KeptDefinitions {
  const asked = new Map<string, Promise<readonly Found[]>>()
  return {
    known: context.catalog,
    find: (type, query) => {
      const name = JSON.stringify([type, query])
      const found = asked.get(name) ?? visible(context, call, { type, query })
      asked.set(name, found)
      return found
    },
  }
}
