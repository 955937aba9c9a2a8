/** What chains cost: each asks for searches of its own. `docs/decisions/0016-chains-are-staged.md` */
import { fail } from '../resources/outcome.ts'
import { searchesOf } from './read-chain.ts'
import { chainPath } from './search-effect.ts'
import type { NamedChain } from './search-request.ts'

/** The most parameters that go on to other resources, and the most searches that these may ask for in all. */
const mostChained = 4
const mostSearches = 32

/** The refusal of more chained parameters than a search may have; undefined where there are few enough. */
export function refuseMany(chains: readonly NamedChain[]): ReturnType<typeof fail> | undefined {
  const next = chains[mostChained]
  return next === undefined
    ? undefined
    : fail('tooCostly', `expected at most ${mostChained} chained parameters, found more.`, chainPath(next.name))
}

/** The refusal of chains, of one type or of several that are searched together, which ask for too many searches in all. */
export function refuseCostly(chains: readonly NamedChain[]): ReturnType<typeof fail> | undefined {
  const [widest] = [...chains].sort((one, other) => searchesOf(other) - searchesOf(one))
  const searches = chains.reduce((sum, chain) => sum + searchesOf(chain), 0)
  if (widest === undefined || searches <= mostSearches) return undefined
  const sentence = `expected chains that ask for at most ${mostSearches} searches, found ${searches}; name the types to which they lead.`
  return fail('tooCostly', sentence, chainPath(widest.name))
}
