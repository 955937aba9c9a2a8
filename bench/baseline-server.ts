/** What the same framework and driver cost without a FHIR server between them: B1, B20 and B2, no more than what they say. */
import Fastify from 'fastify'
import { MongoClient } from 'mongodb'
import { document, observation } from './records.ts'

const [url = '', port = ''] = process.argv.slice(2)
const client = await MongoClient.connect(url, { maxPoolSize: 16 })
const documents = client.db('baseline').collection<{ _id: string; group: number }>('documents')
const inserts = client.db('baseline').collection('inserts')

const groups = 100
const structure = '990001018'

/** The resources that the product is asked for, as objects of the database. */
const results = Array.from({ length: groups * 20 }, (_, at) => ({
  ...observation(at % groups, { at, structure }),
  _id: `s${at}`,
  group: at % groups,
}))
const single = Array.from({ length: groups }, (_, at) => document(at, { at, structure }))

await documents.deleteMany({})
await documents.insertMany([...results, ...single.map((each, at) => ({ ...each, _id: `l${at}`, group: -1 }))])
await documents.createIndex({ group: 1 })

const app = Fastify()
const any = (): number => Math.floor(Math.random() * groups)

app.get('/b1', () => documents.findOne({ _id: `l${any()}` }))
app.get('/b20', async () => ({ entry: await documents.find({ group: any() }).limit(20).toArray() }))
app.post('/b2', async () => {
  await inserts.insertOne({ ...single[any()] }, { writeConcern: { w: 'majority', j: true } })
  return {}
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
