/** Answers that flow give way to those that have not begun: a client who waits for a first byte waits for no other one's thousandth. */

/** Milliseconds after which an answer flows on although others keep beginning. */
const patience = 50

export class FirstBytes {
  #beginning = 0
  readonly #waiting = new Set<() => void>()

  /** An answer is on its way to its first byte. @returns what says that it has begun, or never will; once or more. */
  begin(): () => void {
    this.#beginning += 1
    let begins = true
    return () => {
      if (!begins) return
      begins = false
      this.#beginning -= 1
      if (this.#beginning === 0) for (const goOn of [...this.#waiting]) goOn()
    }
  }

  /** Resolves when no answer is on its way to its first byte, or after a while; at once, without a promise, when there is none. */
  giveWay(): Promise<void> | undefined {
    if (this.#beginning === 0) return undefined
    return new Promise(resolve => {
      const goOn = (): void => {
        clearTimeout(tooLong)
        this.#waiting.delete(goOn)
        resolve()
      }
      const tooLong = setTimeout(goOn, patience)
      this.#waiting.add(goOn)
    })
  }
}
