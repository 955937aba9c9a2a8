/** What the tests of this folder define and wait for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Extras, idOf, type Rest } from '../http/rest.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'

/** Seconds from a definition to its index. */
export const soon = { SEARCH_PARAMETER_WAIT_SECONDS: '3' }

/** What a SearchParameter says beside what R4 requires of each. */
export interface Defined {
  readonly code: string
  readonly base: readonly string[]
  readonly type: string
  readonly expression?: string
  readonly [element: string]: unknown
}

export const definitionOf = (defined: Defined): Defined & { readonly resourceType: string; readonly url: string } => ({
  resourceType: 'SearchParameter',
  url: `https://example.org/SearchParameter/${encodeURIComponent(defined.code)}`,
  name: 'Defined',
  status: 'active',
  description: 'Of a test.',
  ...defined,
})

type Client = Pick<Rest, 'get' | 'post'>

/** Defines it. @returns its id. @throws when it is refused. */
export async function define(rest: Client, defined: Defined, extras: Extras = {}): Promise<string> {
  const answer = await rest.post('SearchParameter', definitionOf(defined), extras)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.json))
  return idOf(answer)
}

export const statusIn = (answer: Answer): unknown => select(answer.json, '/parameter/[name=status]/valueCode')[0]

/** Waits until `$reindex` tells a status. @throws when that takes more than a minute. */
export async function awaitStatus(rest: Client, id: string, status = 'complete', extras: Extras = {}): Promise<void> {
  let last: Answer | undefined
  for (const until = Date.now() + 90_000; Date.now() < until; await sleep(100)) {
    last = await rest.get(`SearchParameter/${id}/$reindex`, extras)
    if (statusIn(last) === status) return
  }
  throw new Error(`not ${status}: ${JSON.stringify(last?.json)}`)
}
