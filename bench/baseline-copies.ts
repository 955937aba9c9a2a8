/** Gives the baseline the very resources that the product answers: as many, as large, of as many patients. */
import { MongoClient } from 'mongodb'
import { type Headers, succeed } from './client.ts'
import type { Loaded } from './loaded.ts'

export const baselineDatabase = 'baseline'

/** A resource as an object of the database, by the id that the product gave it. */
export interface Kept {
  readonly _id: string
  /** The patient. */
  readonly group: string
}

interface Copying {
  /** Of the database. */
  readonly url: string
  /** Of the product. */
  readonly base: string
  readonly loaded: Loaded
}

const atOnce = 8

async function pageOf(base: string, path: string, headers: Headers): Promise<readonly { readonly id: string }[]> {
  const { entry = [] } = JSON.parse((await succeed(base, { method: 'GET', path, headers })).toString()) as {
    readonly entry?: readonly { readonly resource: { readonly id: string } }[]
  }
  return entry.map(({ resource }) => resource)
}

/** Copies what reading workloads ask for: each document, and the first 20 results of each patient. */
export async function copyToBaseline({ url, base, loaded }: Copying): Promise<void> {
  const client = await MongoClient.connect(url, { maxPoolSize: atOnce })
  const database = client.db(baselineDatabase)
  const waiting = [...loaded.read]
  const copy = async (type: string, name: string, group: string): Promise<void> => {
    const path = `${loaded.root}/${type}?patient=${group}&_count=20`
    const found = await pageOf(base, path, loaded.gp)
    if (found.length > 0)
      await database.collection<Kept>(name).insertMany(found.map(({ ...each }) => ({ ...each, _id: each.id, group })))
  }
  const worker = async (): Promise<void> => {
    for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
      await copy('DocumentReference', 'documents', record.patientId)
      await copy('Observation', 'results', record.patientId)
    }
  }
  try {
    await database.collection('results').createIndex({ group: 1 })
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    await client.close()
  }
}
