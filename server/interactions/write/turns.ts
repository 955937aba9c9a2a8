/** One attempt per key and process at a time: whoever comes meanwhile waits for the outcome, so that no storm of conflicts breaks out. */
import type { Item, UnitRecord } from './item.ts'

/** What a unit waits for. */
export interface TurnKeys {
  /** Resources that it addresses: their writers go one after the other. */
  readonly addressed: readonly string[]
  /** What it asks or pushes: who comes meanwhile waits for the first alone, and all of them find what it wrote. */
  readonly asked: readonly string[]
}

/** @returns a function that performs `work` when its turn has come. */
export function takeTurns(): <Value>(keys: TurnKeys, work: () => Promise<Value>) => Promise<Value> {
  const under = new Map<string, Promise<unknown>>()
  return async ({ addressed, asked }, work) => {
    const ahead = [...addressed, ...asked].map(key => under.get(key))
    const mine = Promise.allSettled(ahead).then(work)
    const over = mine.then(
      () => undefined,
      () => undefined,
    )
    const own = [...addressed, ...asked.filter(key => !under.has(key))]
    for (const key of own) under.set(key, over)
    try {
      return await mine
    } finally {
      for (const key of own) if (under.get(key) === over) under.delete(key)
    }
  }
}

const pushedBy = ({ written }: Item): readonly unknown[] => {
  const identifier = written?.resource.masterIdentifier
  return identifier === undefined ? [] : [identifier]
}

const addressedBy = (record: UnitRecord, items: readonly Item[]): readonly string[] =>
  items.flatMap(({ method, type, id = '', criteria }) => {
    if (method === 'POST') return []
    return [
      criteria === undefined ? `${type}/${id}` : `${record.opens ? 'new' : (record.patient ?? '')} ${type}?${criteria}`,
    ]
  })

/** All definitions have one turn: how many there may be is counted before each is written. */
const definesIn = (items: readonly Item[]): readonly string[] =>
  items.some(({ type }) => type === 'SearchParameter') ? ['SearchParameter'] : []

/** The keys of a unit: what it addresses, what its conditions ask, and what it pushes. */
export const turnKeys = (record: UnitRecord, items: readonly Item[]): TurnKeys => ({
  addressed: [...definesIn(items), ...addressedBy(record, items)],
  asked: items.flatMap(item => [
    ...(item.ifNoneExist === undefined
      ? []
      : [`${record.opens ? 'new' : (record.patient ?? '')} ${item.type}?${item.ifNoneExist}`]),
    ...pushedBy(item).map(identifier => `${record.patient ?? ''} ${JSON.stringify(identifier)}`),
  ]),
})
