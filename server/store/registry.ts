/** Lines of the registry `identifier`: who holds a key. `access.md` section 6. */
import type { Deployment } from './deployment.ts'
import { inGroups } from './groups.ts'
import { runFind } from './run-read.ts'
import type { Collection, Registered, Store } from './store.ts'

const limits = { group: 1000, weigh: (keys: readonly string[]) => keys.length, queue: 20_000 }

/** @returns `Store.registered`. Lookups that come while one is under way share the next. */
export function openRegistry(deployment: Deployment): Store['registered'] {
  const read = inGroups(async (lookups: readonly (readonly string[])[]) => {
    const keys = [...new Set(lookups.flat())]
    const command = { find: 'identifier', filter: { _id: { $in: keys } }, hint: '_id_' }
    const lines = await runFind(deployment, { ...command, limit: keys.length, batchSize: keys.length })
    return new Map(lines.map(line => [String(line._id), line]))
  }, limits)
  return async keys => {
    if (keys.length === 0) return []
    const lines = await read(keys)
    return [...new Set(keys)].flatMap((key): readonly Registered[] => {
      const line = lines.get(key)
      if (line === undefined) return []
      const { collection, resource, answer } = line
      return [
        {
          key,
          collection: collection as Collection,
          resource: String(resource),
          answer: typeof answer === 'string' ? answer : null,
        },
      ]
    })
  }
}
