/** The floor of writes in the baseline: a request is read as JSON, and what the product wrote for one like it is written. */
import type { FastifyInstance } from 'fastify'
import type { Db, Document } from 'mongodb'
import { newUlid } from '../server/new-ids.ts'
import type { Commands } from '../server/store/commands.ts'
import { togetherLimits } from '../server/store/commit-together.ts'
import { insertDurably } from '../server/store/durable-insert.ts'
import { inGroups } from '../server/store/groups.ts'
import { insert } from '../server/store/statements.ts'
import { inTransaction } from '../server/store/unit-of-work.ts'
import { asStored, type Floor, floorCollection, type Insert } from './floor.ts'

const ulidLength = 26

const freshText = (text: string): string => text.slice(0, -ulidLength) + newUlid(Date.now())

/** The same document under an id that nobody has; the name of an attachment stands in an id of its own. */
const fresh = (document: Document): Document => ({
  ...document,
  _id:
    typeof document._id === 'string'
      ? freshText(document._id)
      : { ...document._id, blob: freshText(document._id.blob) },
})

const freshly = ({ collection, documents }: Insert): Insert => ({ collection, documents: documents.map(fresh) })

const weightOf = ({ documents }: Insert): number =>
  documents.reduce((sum, { json }) => sum + 4000 + (json === undefined ? 0 : json.length()), 0)

const weigh = (inserts: readonly Insert[]): number => inserts.reduce((sum, each) => sum + weightOf(each), 0)

/** What goes into one collection is one command, whoever wanted it. */
function merged(group: readonly (readonly Insert[])[]): readonly Insert[] {
  const byCollection = new Map<string, Document[]>()
  for (const { collection, documents } of group.flat()) {
    const known = byCollection.get(collection)
    if (known === undefined) byCollection.set(collection, [...documents])
    else known.push(...documents)
  }
  return [...byCollection].map(([collection, documents]) => ({ collection, documents }))
}

/** Requests that meet share a transaction, as the product's do. */
export function serveFloors(
  app: FastifyInstance,
  { db, commands }: { readonly db: Db; readonly commands: Commands },
): void {
  const known = new Map<string, Promise<Floor | null>>()
  const floorOf = (name: string): Promise<Floor | null> => {
    const floor = known.get(name) ?? db.collection<Floor>(floorCollection).findOne({ _id: name }, asStored)
    known.set(name, floor)
    return floor
  }
  const write = inGroups(
    (group: readonly (readonly Insert[])[]) =>
      inTransaction(commands, {
        perform: async at => {
          for (const { collection, documents } of merged(group)) await insert(at, collection, documents)
          return true
        },
        wasCommitted: async () => undefined,
      }),
    { ...togetherLimits, weigh },
  )
  app.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, (_request, text, done) =>
    done(null, JSON.parse(String(text))),
  )
  app.post<{ Params: { name: string } }>('/floor/:name', async ({ params }, reply) => {
    const floor = await floorOf(params.name)
    if (floor === null) throw new Error(`There is no floor ${params.name}`)
    for (const { collection, documents } of floor.alone.map(freshly))
      await insertDurably({ commands }, collection, documents)
    await write(floor.together.map(freshly))
    return reply.header('Content-Type', 'application/fhir+json').send(Buffer.from(floor.answer.buffer))
  })
}
