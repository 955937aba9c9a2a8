/** What is announced can be opened in six weeks; what cannot be any more is forgotten. `docs/decisions/0032-the-record-s-life.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { insurance } from '../access/support/cast.ts'
import { type Json, notice, patient } from '../access/support/contents.ts'
import { expectStatus, newIns, refusalOf, stageOn } from '../access/support/stage.ts'
import { startServer } from '../support/server.ts'

t.setTimeout(240_000)
const server = await startServer(t)
const stage = stageOn(server)
const client = new MongoClient(server.database.url)
t.teardown(() => client.close())
const db = client.db(server.database.name)

const announce = (elements: Json, ins = newIns()) =>
  stage.send(insurance, 'POST Patient/$open', {
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'informed', valueString: new Date().toISOString().slice(0, 10) },
        { name: 'notice', valueString: notice },
        { name: 'patient', resource: patient(ins, elements) },
      ],
    },
  })
const photo = (elements: Json): Json => ({ photo: [{ contentType: 'image/png', ...elements }] })

for (const [what, elements, refusal] of [
  ['a Patient who is not active', { active: false }, '422 refusedByRule Parameters.parameter[2].resource.active'],
  [
    'a photo whose size is another',
    photo({ data: 'QUJD', size: 4 }),
    '422 invalidResource Parameters.parameter[2].resource.photo[0].size',
  ],
] as const)
  t.test(`${what} is refused when it is announced, and not in six weeks`, async t => {
    t.equal(refusalOf(await announce(elements)), refusal)
    t.equal(await db.collection('opening').countDocuments(), 0)
  })

t.test('what cannot be opened when it is due is forgotten, and stands in nobody’s way', async t => {
  const [broken, whole] = [newIns(), newIns()]
  for (const ins of [broken, whole]) expectStatus(await announce(photo({ data: 'QUJD', size: 3 }), ins), 202)
  const row = await db.collection('opening').findOne({ patient: { $regex: broken } })
  const wrong = String(row?.patient).replace('"size":3', '"size":4')
  t.not(wrong, row?.patient)
  await db.collection('opening').updateOne({ _id: row?._id }, { $set: { patient: wrong } })
  await db.collection('opening').updateMany({}, { $set: { due: new Date(0) } })
  const turns = db.collection<{ _id: string }>('job')
  await turns.updateOne({ _id: 'open-announced' }, { $set: { due: new Date(0) } })
  for (let tried = 0; tried < 900 && (await db.collection('opening').countDocuments()) > 0; tried += 1)
    await new Promise(resolve => setTimeout(resolve, 100))
  t.equal(await db.collection('opening').countDocuments(), 0)
  t.equal(await db.collection('record').countDocuments({ 'search.token': { $regex: broken } }), 0)
  t.equal(await db.collection('record').countDocuments({ 'search.token': { $regex: whole } }), 1)
})
