/** What the conditional references of a unit found: equal criteria are asked once an attempt, and what is found again leaves no second line in the trail. */
import type { Result } from '../../../resources/outcome.ts'
import type { Looked } from './criteria-trace.ts'
import type { LocalReference } from './item.ts'

type Found = Result<readonly LocalReference[]>

/** The memory of one unit, over all its attempts. */
export class FoundBefore {
  #found: Map<string, Promise<Found>> | undefined
  #told: Set<string> | undefined

  /** Another attempt looks anew. */
  forget(): void {
    this.#found = undefined
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
