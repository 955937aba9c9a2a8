/** Closes what was opened, last first, once: whether the start failed, an operator stops the server, or a test ends. */

export interface ClosingOrder {
  /** Remembers how to close what was just opened; closes it at once when everything is being closed already. */
  opened(close: () => Promise<void>): Promise<void>
  /** Closes everything; what fails does not keep the rest open. Calls after the first wait for the first. */
  close(): Promise<void>
}

/** @param onError is told what could not be closed. */
export function closingOrder(onError: (error: unknown) => void): ClosingOrder {
  const closers: (() => Promise<void>)[] = []
  let closing: Promise<void> | undefined
  const closeOne = (close: () => Promise<void>): Promise<void> => close().catch(onError)
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await closeOne(close)
  }
  return {
    async opened(close) {
      if (closing === undefined) closers.push(close)
      else await closeOne(close)
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}
