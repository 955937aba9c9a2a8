/** One attempt per key and process at a time: whoever comes meanwhile waits for the outcome, so that no storm of conflicts breaks out. */
import type { Item, UnitRecord } from './item.ts'

/** @returns a function that performs `work` when every earlier work under one of its keys is over. */
export function takeTurns(): <Value>(keys: readonly string[], work: () => Promise<Value>) => Promise<Value> {
  const last = new Map<string, Promise<unknown>>()
  return async (keys, work) => {
    const before = Promise.allSettled(keys.map(key => last.get(key)))
    const mine = before.then(work)
    const over = mine.then(
      () => undefined,
      () => undefined,
    )
    for (const key of keys) last.set(key, over)
    try {
      return await mine
    } finally {
      for (const key of keys) if (last.get(key) === over) last.delete(key)
    }
  }
}

/** The keys of a unit: what it addresses, what its conditions ask, and what it pushes. */
export const turnKeys = (record: UnitRecord, items: readonly Item[]): readonly string[] => [
  ...new Set(
    items.flatMap(({ method, type, id, ifNoneExist, written }) => [
      ...(method === 'POST' ? [] : [`${type}/${id ?? ''}`]),
      ...(ifNoneExist === undefined ? [] : [`${record.opens ? 'new' : (record.patient ?? '')} ${type}?${ifNoneExist}`]),
      ...(written?.resource.masterIdentifier === undefined
        ? []
        : [`${record.patient ?? ''} ${JSON.stringify(written.resource.masterIdentifier)}`]),
    ]),
  ),
]
