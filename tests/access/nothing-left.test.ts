/** What is not opened leaves nothing behind, not even the bytes of a photo. `docs/decisions/0032-the-record-s-life.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { startServer } from '../support/server.ts'
import { type Actor, gp, hospital } from './support/cast.ts'
import { consent, verified } from './support/consents.ts'
import { creates, insSystem, type Json, notice, patient, transaction } from './support/contents.ts'
import { newIns, stageOn } from './support/stage.ts'

t.setTimeout(240_000)
const server = await startServer(t)
const stage = stageOn(server)
const client = new MongoClient(server.database.url)
t.teardown(() => client.close())
const blobs = client.db(server.database.name).collection('blob')

const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'

/** A Patient with a photo: one that comes back inline, or one that becomes a Binary. */
const pictured = (ins: string, size: number): Json =>
  patient(ins, { photo: [{ contentType: 'image/png', data: Buffer.alloc(size, ins).toString('base64') }] })

const td11 = (ins: string, size: number): Json =>
  transaction(
    creates(pictured(ins, size), urn),
    creates(consent({ id: '' }, undefined, { ...verified, patient: { reference: urn } })),
  )

const opens = (ins: string, size: number): Json => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'agreed', valueBoolean: true },
    { name: 'notice', valueString: notice },
    { name: 'collected', valueString: '2026-03-01' },
    { name: 'method', valueString: 'oral' },
    { name: 'patient', resource: pictured(ins, size) },
  ],
})

const opposes = async (ins: string): Promise<void> => {
  const person: Actor = {
    ...{ kind: 'patient', subject: 'somebody', scope: 'user/Patient.c' },
    claims: { ins: `${insSystem}|${ins}` },
  }
  const body: Json = {
    resourceType: 'Parameters',
    parameter: [{ name: 'identifier', valueString: `${insSystem}|${ins}` }],
  }
  t.equal((await stage.send(person, 'POST Patient/$oppose', { body })).status, 200)
}

for (const [photo, size] of [
  ['a small photo', 2_000],
  ['a photo of two mebibytes', 2 * 1024 * 1024],
] as const) {
  t.test(`${photo} of somebody who opposed is not kept`, async t => {
    const ins = newIns()
    await opposes(ins)
    const before = await blobs.countDocuments()
    t.equal((await stage.post(hospital, td11(ins, size))).status, 422)
    t.equal((await stage.send(gp, 'POST Patient/$open', { body: opens(ins, size) })).status, 422)
    t.equal(await blobs.countDocuments(), before)
  })

  t.test(`${photo} in an opening that was not the first is not kept, and that of the first is`, async t => {
    const ins = newIns()
    const before = await blobs.countDocuments()
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.post(hospital, td11(ins, size))))
    t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 7 }, () => 409)])
    const chunks = Math.ceil(size / 1024 / 1024)
    t.equal((await blobs.countDocuments()) - before, chunks)
  })
}
