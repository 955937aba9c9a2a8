/** A permitted search with what its chains and words find as conditions. `docs/decisions/0016-chains-are-staged.md` */
import { ok, type Result } from '../../resources/outcome.ts'
import { and } from '../../search/query.ts'
import { chained } from './chains.ts'
import type { Call, Context } from './interaction.ts'
import type { Permitted } from './permitted-search.ts'
import { newReads, type Reads, wordsAsked } from './texts.ts'

/** @returns the same search with conditions on its own rows alone; fails as `chained` and `wordsAsked` do. */
export async function throughChains(
  context: Context,
  call: Call,
  at: Permitted & { readonly reads?: Reads },
): Promise<Result<Permitted>> {
  const { asked, record, facts } = at
  const { type, chains, texts } = asked.request
  if (chains.length === 0 && texts.length === 0) return ok(at)
  const { reads = newReads() } = at
  const condition = await chained(context, call, { chains, record, facts, reads })
  if (!condition.ok) return condition
  const linked = { ...asked, query: and(asked.query, condition.value) }
  const { query, restrictions } = linked
  const words = await wordsAsked(context, { type, query, restrictions, texts, reads })
  if (!words.ok) return words
  return ok({ ...at, asked: { ...linked, query: and(linked.query, words.value) } })
}
