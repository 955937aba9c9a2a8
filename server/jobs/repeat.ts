/** Work that is done again and again, never twice at a time, until it is told to stop. */

export interface Repeated {
  /** Nothing begins after it; waits for what is under way. */
  stop(): Promise<void>
}

/**
 * @param work is done `everyMillis` after it was done before; what it throws goes to `onError`, and it is done again.
 * It holds no process open.
 */
export function repeat(everyMillis: number, work: () => Promise<unknown>, onError: (error: unknown) => void): Repeated {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let under: Promise<unknown> = Promise.resolve()
  const wait = (): void => {
    timer = setTimeout(() => {
      under = work().catch(onError)
      void under.then(() => (stopped ? undefined : wait()))
    }, everyMillis).unref()
  }
  wait()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await under
    },
  }
}
