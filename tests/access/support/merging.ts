/** What tests of merging ask of a server, and how they look beneath it. `docs/decisions/0037-one-person-one-record.md` */
import { type Db, MongoClient } from 'mongodb'
import type { Answer } from '../../support/client.ts'
import type { TestServer } from '../../support/server.ts'
import { type Actor, finess, hospital, operator, patientOf, rpps } from './cast.ts'
import { authorises, blocks, consent, emergency, masksDocument, parent } from './consents.ts'
import { byFiness, creates, document, type Json, labels, observation } from './contents.ts'
import { type DossierRecord, idsIn, type Stage } from './stage.ts'

/** Whose deposits most of them are. */
export const own = { author: [byFiness(finess.hospital)] }

/** Bytes of a Binary, as base64. */
export const data = Buffer.from('compte rendu '.repeat(40)).toString('base64')

type Value = string | boolean | Json
export type Given = Readonly<Record<string, Value>>

const member = (value: Value): Json =>
  typeof value === 'string'
    ? { valueCode: value }
    : typeof value === 'boolean'
      ? { valueBoolean: value }
      : 'reference' in value
        ? { valueReference: value }
        : { valueIdentifier: value }

export const parameters = (given: Given): Json => ({
  resourceType: 'Parameters',
  parameter: Object.entries(given).map(([name, value]) => ({ name, ...member(value) })),
})

export const refer = ({ id }: Pick<DossierRecord, 'id'>): Json => ({ reference: `Patient/${id}` })

/** A result that names its Patient in many places. */
export const twinOf = (record: DossierRecord): Json =>
  observation(record, {
    performer: [byFiness(finess.hospital), { reference: '#p' }],
    contained: [{ resourceType: 'RelatedPerson', id: 'p', patient: refer(record) }],
    focus: [refer(record)],
    extension: [{ url: 'urn:asked-by', valueReference: refer(record) }],
  })

/** The operations, and the questions that are asked of records before and after them. */
export function mergingOn(stage: Stage) {
  const asks = (actor: Actor, name: '$merge' | '$unmerge', given: Given): Promise<Answer> =>
    stage.send(actor, `POST Patient/${name}`, { body: parameters(given) })
  const pairOf = (source: DossierRecord, target: DossierRecord) => ({
    ...{ 'source-patient': refer(source), 'target-patient': refer(target) },
  })
  return {
    asks,
    merges: (source: DossierRecord, target: DossierRecord, given: Given = {}) =>
      asks(operator, '$merge', { ...pairOf(source, target), reason: 'DOUBLON', ...given }),
    parts: (source: DossierRecord, target: DossierRecord, given: Given = {}) =>
      asks(operator, '$unmerge', { ...pairOf(source, target), reason: 'FUSION_ERRONEE', ...given }),
    found: async (actor: Actor, { id }: Pick<DossierRecord, 'id'>, type = 'DocumentReference') =>
      idsIn(await stage.get(actor, `${type}?patient=${id}&_count=50`), type),
    statusOf: async (actor: Actor, path: string): Promise<number> => (await stage.get(actor, path)).status,
  }
}

/** @returns two records with what a merge must keep apart. */
export async function two(stage: Stage) {
  const source = await stage.open()
  const target = await stage.open()
  const [a, b] = [patientOf(source), patientOf(target)]
  for (const provision of [authorises(rpps.gp), blocks(rpps.nurse), emergency('deny', 'BTG')])
    await stage.create(a, consent(source, provision))
  await stage.create(operator, parent(source))
  for (const provision of [authorises(rpps.colleague), authorises(rpps.nurse)])
    await stage.create(b, consent(target, provision))
  const binary = 'urn:uuid:00000000-0000-4000-8000-000000000009'
  const content = [{ attachment: { contentType: 'text/plain', url: binary } }]
  const [plain = '', bytes = ''] = await stage.create(
    hospital,
    creates(document(source, { ...own, description: 'first', content })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data }, binary),
  )
  const masked = await stage.createOne(hospital, document(source, { ...own, securityLabel: labels('MASQUE_PS') }))
  const consented = await stage.createOne(hospital, document(source, own))
  await stage.create(a, consent(source, masksDocument(`DocumentReference/${consented}`)))
  const result = await stage.createOne(hospital, twinOf(source))
  const other = await stage.createOne(hospital, document(target, own))
  return { source, target, plain, bytes, masked, consented, result, other }
}

interface Test {
  teardown(stop: () => Promise<void>): void
}

/** @returns the database of a server, for what no answer tells. */
export function beneath(t: Test, { database }: TestServer): Db {
  const client = new MongoClient(database.url)
  t.teardown(() => client.close())
  return client.db(database.name)
}

/** Makes the job due, and waits until a server has performed it. */
export async function runJob(db: Db, _id = 'complete-merges'): Promise<string> {
  const turns = db.collection<{ _id: string; outcome?: string }>('job')
  await turns.updateOne({ _id }, { $set: { due: new Date(0) }, $unset: { finished: '', outcome: '' } })
  for (let tried = 0; tried < 600; tried += 1) {
    const row = await turns.findOne({ _id, finished: { $exists: true } })
    if (row !== null) return row.outcome ?? ''
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the job was not performed')
}

/** @returns how many chunks of bytes are kept under the key of a record. */
export const blobsOf = (db: Db, key: string): Promise<number> =>
  db.collection<{ _id: { blob: string } }>('blob').countDocuments({ '_id.blob': { $regex: `^${key}/` } })

/** @returns how a row is found: its search block. */
export async function keysOf(db: Db, id: string): Promise<unknown> {
  const row = await db.collection<{ _id: string; search: unknown }>('record').findOne({ _id: id })
  return JSON.parse(JSON.stringify(row?.search))
}

/** @returns what is known of a record, but for its turn. */
export async function factsOf(db: Db, { id }: Pick<DossierRecord, 'id'>): Promise<unknown> {
  const row = await db.collection<{ _id: string }>('access').findOne({ _id: id })
  return JSON.parse(JSON.stringify({ ...row, turn: 0 }))
}
