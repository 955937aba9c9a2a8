/** What takes the place of many ordinary requests, and how many of them one caller may have in flight. `docs/decisions/0046-a-caller-leaves-room-for-others.md` */
import type { OperationName } from '../../resources/operations.ts'
import { fail } from '../../resources/outcome.ts'
import type { Principal } from '../../security/principal.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { isRead } from './entry-promised.ts'
import type { Call } from './interaction.ts'

/** Operations that go through a record, or through all. */
const heavyOperations: ReadonlySet<string> = new Set<OperationName>([
  ...(['everything', 'who-can-access', 'rehearse', 'merge', 'unmerge'] as const),
])

/** What asks the trail for a number reads every line of a record: no index tells who sees which. */
const counts = ([name, value]: readonly [string, string]): boolean =>
  (name === '_summary' && value === 'count') ||
  (name === '_total' && value !== 'none') ||
  (name === '_count' && Number(value) === 0)

/** Whether the call is worth many others. Of most it says so by two comparisons. */
export const isHeavy = ({ operation, type, parameters }: Pick<Call, 'operation' | 'type' | 'parameters'>): boolean =>
  operation === undefined ? type === 'AuditEvent' && parameters.some(counts) : heavyOperations.has(operation)

/** Whether an entry of a Bundle asks for such. */
export function isHeavyEntry(entry: EntryRequest): boolean {
  const { beyond, type, query = '' } = entry
  if (beyond?.operation !== undefined) return heavyOperations.has(beyond.operation)
  return type === 'AuditEvent' && isRead(entry) && isHeavy({ type, parameters: [...new URLSearchParams(query)] })
}

/** Nothing was done for who is told this. */
export const tooManyHeavy = fail(
  'tooManyRequests',
  'expected fewer long requests of one caller at a time (operations on whole records, numbers of AuditEvents); nothing was done; wait for the answers to the others',
)

/** Ends the place of one request; a second time it does nothing. */
type Leave = () => void

const nothingToLeave: Leave = () => undefined

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
