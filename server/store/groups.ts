/** Work in groups that clock themselves: at once when idle, together while a group is under way. There is no timer. */
import { Unavailable } from './unavailable.ts'

interface Waiting<Item, Value> {
  readonly item: Item
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

interface Limits<Item> {
  /** Most weight of one group; one item may weigh more. */
  readonly group: number
  /** 1 for each item when absent. */
  readonly weigh?: (item: Item) => number
  /** Most items that wait; above, a new one is refused. */
  readonly queue: number
}

/** What arrives within one turn of the event loop goes together. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** How many of the queue go into the next group: at least one. */
function lengthOfNext<Item>(
  queue: readonly { readonly item: Item }[],
  { group, weigh = () => 1 }: Limits<Item>,
): number {
  let weight = 0
  const over = queue.findIndex(({ item }) => {
    weight += weigh(item)
    return weight > group
  })
  return over === -1 ? queue.length : Math.max(over, 1)
}

/**
 * @param perform does the work of a group; its value, or its failure, is that of each item.
 * @returns a function that puts an item into the next group. It rejects with `Unavailable` when too many wait.
 */
export function inGroups<Item, Value>(
  perform: (items: readonly Item[]) => Promise<Value>,
  limits: Limits<Item>,
): (item: Item) => Promise<Value> {
  const queue: Waiting<Item, Value>[] = []
  let running = false

  async function performNext(): Promise<void> {
    const group = queue.splice(0, lengthOfNext(queue, limits))
    try {
      const value = await perform(group.map(({ item }) => item))
      for (const { resolve } of group) resolve(value)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function run(): Promise<void> {
    running = true
    await turn()
    while (queue.length > 0) await performNext()
    running = false
  }

  return item =>
    new Promise((resolve, reject) => {
      if (queue.length >= limits.queue) return reject(new Unavailable('too many requests wait for the database'))
      queue.push({ item, resolve, reject })
      if (!running) void run()
    })
}
