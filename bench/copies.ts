/**
 * Fills a database to life size in minutes: records that were deposited through the interface are copied in the database,
 * each with ids, an INS and a trail of its own. Both are of the same length in all records, so that bytes take the place of bytes.
 */
import { randomBytes } from 'node:crypto'
import { BSON, type Db, MongoClient } from 'mongodb'
import { newPatientKey, newUlid } from '../server/new-ids.ts'
import { each } from './deposit-records.ts'
import { type Inserting, openInserting } from './insert-bytes.ts'
import type { Loaded, LoadedRecord } from './loaded.ts'
import { insOf, ins as insSystem } from './record-resources.ts'
import type { Say } from './stage.ts'

export interface Copying {
  readonly url: string
  readonly database: string
  /** The digest of the registry under the server's secret. */
  readonly registryKey: (...parts: readonly string[]) => string
  readonly loaded: Loaded
  /** How many of each record there are to be, the deposited one with them. */
  readonly times: number
  readonly say: Say
}

type Name = readonly [from: Buffer, to: Buffer]

/** What one record consists of. */
interface Rows {
  /** By collection. */
  readonly others: ReadonlyMap<string, readonly Buffer[]>
  readonly claims: readonly Buffer[]
  /** The chains that its trail is in. */
  readonly chains: readonly string[]
}

/** In a document that begins with `_id`, a text: where that text stands, and how long digests are. */
const [idAt, digestLength] = [13, 43]

/** Numbers of copies are that far apart: none is that of another record. */
const apart = 1_000_000

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')

/** @returns the bytes with each name replaced by one of the same length. */
function renamed(bytes: Buffer, names: readonly Name[]): Buffer {
  const copy = Buffer.from(bytes)
  for (const [from, to] of names) {
    for (let at = copy.indexOf(from); at !== -1; at = copy.indexOf(from, at + to.length)) to.copy(copy, at)
  }
  return copy
}

const found = async (db: Db, name: string, filter: object): Promise<readonly Buffer[]> =>
  (await db.collection(name).find(filter, { raw: true }).toArray()) as unknown as readonly Buffer[] // `raw` gives bytes

/** All claims of the registry, by the record that they name. */
async function claimsByRecord(db: Db): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const claims = new Map<string, Buffer[]>()
  for (const bytes of await found(db, 'identifier', { collection: 'record' })) {
    const [key = ''] = String(BSON.deserialize(bytes).resource).split('-')
    claims.set(key, [...(claims.get(key) ?? []), bytes])
  }
  return claims
}

async function rowsOf(db: Db, collections: readonly string[], claims: readonly Buffer[], key: string): Promise<Rows> {
  const others = new Map<string, readonly Buffer[]>()
  const chains = new Set<string>()
  for (const name of collections) {
    const rows = await found(db, name, name === 'access' ? { _id: key } : { patient: key })
    others.set(name, rows)
    if (name.startsWith('audit_')) for (const row of rows) chains.add(String(BSON.deserialize(row).chain))
  }
  return { others, claims, chains: [...chains] }
}

interface Copy {
  readonly record: LoadedRecord
  readonly names: readonly Name[]
}

function copyOf(record: LoadedRecord, number: number, chains: readonly string[]): Copy {
  const patient = record.patient + number * apart
  const [patientId, ins] = [newPatientKey(), insOf(patient)]
  const pairs = [[record.patientId, patientId], [record.ins, ins], ...chains.map(chain => [chain, newUlid(Date.now())])]
  return {
    record: { patient, patientId, ins, documents: record.documents.map(id => id.replace(record.patientId, patientId)) },
    names: pairs.map(([from = '', to = '']) => [bytesOf(from), bytesOf(to)] as const),
  }
}

/** The claims of a copy: the INS leads to it, and what else is claimed has a digest that nobody asks for. */
function claimed(
  { registryKey }: Copying,
  { ins }: LoadedRecord,
  rows: Rows,
  { record, names }: Copy,
): readonly Buffer[] {
  const original = registryKey('ins', insSystem, ins)
  return rows.claims.map(bytes => {
    const copy = renamed(bytes, names)
    const isIns = bytes.toString('latin1', idAt, idAt + digestLength) === original
    copy.write(
      isIns ? registryKey('ins', insSystem, record.ins) : randomBytes(32).toString('base64url'),
      idAt,
      'latin1',
    )
    return copy
  })
}

async function copyRecord(
  copying: Copying,
  to: Inserting,
  record: LoadedRecord,
  rows: Rows,
): Promise<readonly LoadedRecord[]> {
  const copies = Array.from({ length: copying.times - 1 }, (_, at) => copyOf(record, at + 1, rows.chains))
  for (const [name, bytes] of rows.others)
    await to.insert(
      name,
      copies.flatMap(({ names }) => bytes.map(each => renamed(each, names))),
    )
  await to.insert(
    'identifier',
    copies.flatMap(copy => claimed(copying, record, rows, copy)),
  )
  return copies.map(copy => copy.record)
}

/** What one node has is read by the server only when the majority has it: then what was written before this has come so far, too. */
async function settled(db: Db): Promise<void> {
  const last = db.collection('copied')
  await last.insertOne({}, { writeConcern: { w: 'majority', j: true } })
  await last.drop()
}

const told = 1000

/** @returns what is loaded then. Large records are not copied. */
export async function copyRecords(copying: Copying): Promise<Loaded> {
  const { url, database, loaded, say } = copying
  const client = await MongoClient.connect(url, { directConnection: true })
  const inserting = await openInserting(url, database)
  try {
    const db = client.db(database)
    const all = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
    const collections = all.filter(name => /^(record|record_history|access|audit_\d+)$/.test(name))
    const claims = await claimsByRecord(db)
    let done = 0
    const withCopies = async (records: readonly LoadedRecord[]): Promise<readonly LoadedRecord[]> => {
      const copies: LoadedRecord[] = []
      await each(records, async record => {
        const rows = await rowsOf(db, collections, claims.get(record.patientId) ?? [], record.patientId)
        copies.push(...(await copyRecord(copying, inserting, record, rows)))
        if (++done % told === 0) say(`Copying the records: ${done} of ${loaded.read.length + loaded.written.length}`)
      })
      return [...records, ...copies]
    }
    const [read, written] = [await withCopies(loaded.read), await withCopies(loaded.written)]
    await settled(db)
    return { ...loaded, read, written }
  } finally {
    inserting.close()
    await client.close()
  }
}
