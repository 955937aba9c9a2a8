/** What the conditional references of a unit found: equal criteria are asked once an attempt, and what is found again leaves no second line in the trail. */
import { fail, type Result } from '../../../resources/outcome.ts'
import type { Looked } from './criteria-trace.ts'
import type { LocalReference } from './item.ts'

type Found = Result<readonly LocalReference[]>

/** Each is a search, at every attempt. */
const mostCriteria = 2000

/** @returns the refusal of criteria, at `path`, where so many different ones were asked before; undefined where one more may be. */
export const tooManyCriteria = (asked: number, path: string): ReturnType<typeof fail> | undefined =>
  asked < mostCriteria
    ? undefined
    : fail(
        'tooCostly',
        `expected at most ${mostCriteria} different conditional references written together, found more; name some by their ids`,
        path,
      )

/** The memory of one unit, over all its attempts. */
export class FoundBefore {
  #found: Map<string, Promise<Found>> | undefined
  #told: Set<string> | undefined

  /** Another attempt looks anew. */
  forget(): void {
    this.#found = undefined
  }

  /** How many different criteria were asked. */
  get size(): number {
    return this.#found?.size ?? 0
  }

  /** @returns what was found for these criteria. */
  get(criteria: string): Promise<Found> | undefined {
    return this.#found?.get(criteria)
  }

  keep(criteria: string, found: Promise<Found>): Promise<Found> {
    this.#found ??= new Map()
    this.#found.set(criteria, found)
    return found
  }

  /** @returns whether a search shows what no attempt before it showed. */
  isNews({ type, patient, request, rows }: Looked): boolean {
    const shown = JSON.stringify([type, patient, request.applied, rows.map(({ _id, version }) => [_id, version])])
    this.#told ??= new Set()
    if (this.#told.has(shown)) return false
    this.#told.add(shown)
    return true
  }
}
