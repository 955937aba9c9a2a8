/** What takes the place of many ordinary requests, and how many of them one caller may have in flight. `docs/decisions/0046-a-caller-leaves-room-for-others.md` */
import type { OperationName } from '../../resources/operations.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Principal } from '../../security/principal.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { callOf } from './entry-call.ts'
import { isRead } from './entry-promised.ts'
import type { Call, Context } from './interaction.ts'
import { openPage, pageParameter } from './page-link.ts'
import { addressOf } from './search-address.ts'

/** Operations that go through a record, or through all. */
const heavyOperations: ReadonlySet<string> = new Set<OperationName>([
  ...(['everything', 'who-can-access', 'rehearse', 'merge', 'unmerge'] as const),
])

/** What asks the trail for a number reads every line of a record: no index tells who sees which. */
const counts = ([name, value]: readonly [string, string]): boolean =>
  (name === '_summary' && value === 'count') ||
  (name === '_total' && value !== 'none') ||
  (name === '_count' && Number(value) === 0)

/** Whether the number is asked of the trail: by the URL, or by the search that a link to a page holds. */
function countsTrail(context: Context, call: Call): boolean {
  if (call.parameters.some(counts)) return true
  if (!call.parameters.some(([name]) => name === pageParameter)) return false
  const page = openPage(context, call, addressOf(call))
  return page.ok && page.value.parameters.some(counts)
}

/** Whether the call is worth many others. Of most it says so by two comparisons. */
export const isHeavy = (context: Context, call: Call): boolean =>
  call.operation === undefined
    ? call.type === 'AuditEvent' && countsTrail(context, call)
    : heavyOperations.has(call.operation)

/** @returns what says whether an entry of a Bundle asks for such. */
export const isHeavyEntryOf =
  (context: Context, call: Call) =>
  (entry: EntryRequest): boolean => {
    const { beyond, type } = entry
    if (beyond?.operation !== undefined) return heavyOperations.has(beyond.operation)
    return type === 'AuditEvent' && isRead(entry) && isHeavy(context, callOf(call, entry))
  }

/** Nothing was done for who is told this. */
export const tooManyHeavy = fail(
  'tooManyRequests',
  'expected fewer long requests of one caller at a time (operations on whole records, numbers of AuditEvents); nothing was done; wait for the answers to the others',
)

/** Whether an entry of a transaction may turn out to be long: it is performed when all is written, and cannot be broken off then. */
export const isLongInTransaction = (entry: EntryRequest): boolean =>
  entry.type === 'AuditEvent' && entry.id === undefined && isRead(entry)

/** Ends the place of one request; a second time it does nothing. */
type Leave = () => void

const nothingToLeave: Leave = () => undefined

/** The context of what is part of a heavy request: it needs no place of its own. */
export const withPlace = (context: Context): Context => ({ ...context, heavy: { enter: () => nothingToLeave } })

/**
 * Performs what may turn out to be long: from when it asks whether to go on it has one of the caller's places, until it ends.
 * @returns what `work` returns; fails with `tooManyRequests` where there was no place.
 */
export async function onceLong<Value>(
  { heavy }: Pick<Context, 'heavy'>,
  { principal }: Pick<Call, 'principal'>,
  work: (goesOn: () => boolean) => Promise<Value>,
): Promise<Result<Value>> {
  let leave: Leave | undefined
  let refused = false
  const goesOn = (): boolean => {
    leave ??= heavy.enter(principal)
    refused = leave === undefined
    return !refused
  }
  try {
    const value = await work(goesOn)
    return refused ? tooManyHeavy : ok(value)
  } finally {
    leave?.()
  }
}

/** How many are in flight, by caller: who the token speaks for, and through which client. Those who have none are not kept. */
export class HeavyRequests {
  readonly #most: number
  readonly #inFlight = new Map<string, number>()

  /** @param most of one caller; 0 sets no limit. */
  constructor(most: number) {
    this.#most = most
  }

  /** @returns what ends its place; undefined where the caller has as many as he may. */
  enter({ issuer, subject, client }: Pick<Principal, 'issuer' | 'subject' | 'client'>): Leave | undefined {
    if (this.#most === 0) return nothingToLeave
    const caller = JSON.stringify([issuer, subject, client])
    const others = this.#inFlight.get(caller) ?? 0
    if (others >= this.#most) return undefined
    this.#inFlight.set(caller, others + 1)
    let inside = true
    return () => {
      if (inside) this.#leave(caller)
      inside = false
    }
  }

  #leave(caller: string): void {
    const left = (this.#inFlight.get(caller) ?? 1) - 1
    if (left === 0) this.#inFlight.delete(caller)
    else this.#inFlight.set(caller, left)
  }
}
