/** Who writes the same row waits in line within this process: without it, 32 writers of one row caused 1,300 conflicts. */

/** `waited` tells the work whether another of its keys was under way. */
export type InLine = <Value>(keys: readonly string[], work: (waited: boolean) => Promise<Value>) => Promise<Value>

/** @returns a function that does `work` when no other work with one of its keys is under way, in order of arrival. */
export function keyedQueue(): InLine {
  const last = new Map<string, Promise<void>>()
  return async (keys, work) => {
    const ahead = keys.flatMap(key => last.get(key) ?? [])
    let leave = (): void => undefined
    const mine = new Promise<void>(resolve => {
      leave = resolve
    })
    for (const key of keys) last.set(key, mine) // all at once: two units cannot wait for each other
    try {
      await Promise.all(ahead)
      return await work(ahead.length > 0)
    } finally {
      leave()
      for (const key of keys) if (last.get(key) === mine) last.delete(key)
    }
  }
}
