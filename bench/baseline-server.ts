/** What the same framework and driver cost without a FHIR server between them: B0, B1, B20 and B2, no more than what they say; F1 and F2. */
import Fastify from 'fastify'
import { MongoClient } from 'mongodb'
import { openCommands } from '../server/store/commands.ts'
import { baselineDatabase, type Kept } from './baseline-copies.ts'
import { serveFloors } from './floor-routes.ts'

const [url = '', port = ''] = process.argv.slice(2)
const client = new MongoClient(url, { maxPoolSize: 16 })
const commands = openCommands({ client, database: baselineDatabase, onCommand: undefined })
await client.connect()
const database = client.db(baselineDatabase)
const documents = database.collection<Kept>('documents')
const results = database.collection<Kept>('results')
const inserts = database.collection('inserts')

const app = Fastify()

/** What B2 inserts, and B0 answers: read once, when it is first asked for. */
let sample: readonly object[] | undefined
let text: Buffer | undefined

async function one(): Promise<object> {
  sample ??= await documents
    .find({}, { projection: { _id: 0 } })
    .limit(100)
    .toArray()
  return { ...sample[Math.floor(Math.random() * sample.length)] }
}

app.get('/b0', async (_request, reply) => {
  text ??= Buffer.from(JSON.stringify(await one()))
  return reply.header('Content-Type', 'application/json').send(text)
})

app.get<{ Params: { id: string } }>('/b1/:id', ({ params }) => documents.findOne({ _id: params.id }))

app.get<{ Params: { id: string } }>('/b20/:id', async ({ params }) => ({
  entry: await results.find({ group: params.id }).limit(20).toArray(),
}))

app.post('/b2', async () => {
  await inserts.insertOne(await one(), { writeConcern: { w: 'majority', j: true } })
  return {}
})
serveFloors(app, { db: database, commands })
await app.listen({ host: '127.0.0.1', port: Number(port) })
