/** How much runs at once: what comes beyond waits its turn for a while, first come first served, and is then told that it is too late. */

export interface Limits {
  /** Most weight that runs at once. */
  readonly running: number
  /** Most that wait. */
  readonly waiting: number
  /** Milliseconds after which it is too late for who waits. */
  readonly patience: number
}

/** Calls it when it is the turn, perhaps at once; or with false, when it is too late or too many wait. */
type Go = (isTurn: boolean) => void

interface Waiting {
  readonly weight: number
  readonly begin: () => void
}

export class Turns {
  readonly #limits: Limits
  readonly #waiting = new Set<Waiting>()
  #running = 0
  #held = false

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** What runs, by weight. */
  get running(): number {
    return this.#running
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Nobody's turn comes before `resume`. */
  hold(): void {
    this.#held = true
  }

  resume(): void {
    this.#held = false
    this.#next()
  }

  /** @param weight at most as much counts as may run: one by itself always runs. @returns what ends it, running or waiting; once. */
  ask(weight: number, go: Go): () => void {
    const counted = Math.min(weight, this.#limits.running)
    if (this.#waiting.size === 0 && this.#fits(counted)) {
      const leave = this.#enter(counted)
      go(true)
      return leave
    }
    if (this.#waiting.size < this.#limits.waiting) return this.#wait(counted, go)
    go(false)
    return () => undefined
  }

  #fits(weight: number): boolean {
    return !this.#held && this.#running + weight <= this.#limits.running
  }

  #enter(weight: number): () => void {
    this.#running += weight
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#running -= weight
      this.#next()
    }
  }

  #wait(weight: number, go: Go): () => void {
    let leave = (): void => this.#giveUp(waiting)
    const tooLate = setTimeout(() => {
      this.#giveUp(waiting)
      go(false)
    }, this.#limits.patience)
    const waiting: Waiting = {
      weight,
      begin: () => {
        clearTimeout(tooLate)
        leave = this.#enter(weight)
        go(true)
      },
    }
    this.#waiting.add(waiting)
    return () => {
      clearTimeout(tooLate)
      leave()
    }
  }

  /** Who stood before others may have been what they waited for. */
  #giveUp(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) this.#next()
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.weight)) return
      this.#waiting.delete(waiting)
      waiting.begin()
    }
  }
}
