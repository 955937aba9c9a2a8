/** Puts the records into the server as they would come in life: a hospital opens and deposits, the patient authorises. */
import { identityNamed } from '../server/demo/identities.ts'
import { practitioners, structures } from '../server/demo/people.ts'
import type { DemoRecords } from '../server/demo/records.ts'
import { signDemoToken } from '../server/demo/sign-demo-token.ts'
import type { SigningKey } from '../server/secrets.ts'
import { type Ask, succeed } from './client.ts'
import { authorisation, deposit, opening } from './records.ts'

/** A record as the measurements use it. */
export interface LoadedRecord {
  readonly patient: number
  readonly patientId: string
  /** Ids of its documents. */
  readonly documents: readonly string[]
}

export interface Loaded {
  readonly records: readonly LoadedRecord[]
  readonly resources: number
  /** The headers with which each asks. */
  readonly hospital: Headers
  readonly gp: Headers
}

export type Headers = Readonly<Record<string, string>>

const media = 'application/fhir+json'
const lifetime = 12 * 3600
const atOnce = 4

/** @returns the headers of a demonstration identity. */
async function headersOf(name: string, key: SigningKey, records: DemoRecords = {}): Promise<Headers> {
  const identity = identityNamed(name)
  if (identity === undefined) throw new Error(`No demonstration identity is called ${name}`)
  const token = await signDemoToken({ identity, key, audience: 'urn:dmp:demo', records, now: Date.now(), lifetime })
  return { authorization: `Bearer ${token}`, 'content-type': media, accept: media }
}

const post = (type: string, body: object, headers: Headers): Ask => ({
  method: 'POST',
  path: `/fhir${type}`,
  headers,
  body: JSON.stringify(body),
})

/** The ids that a transaction gave, by type. */
function idsOf(answer: Buffer, type: string): readonly string[] {
  const { entry = [] } = JSON.parse(answer.toString()) as {
    readonly entry?: readonly { readonly response?: { readonly location?: string } }[]
  }
  return entry.flatMap(({ response }) => {
    const [, found, id] = /([A-Za-z]+)\/([A-Za-z0-9.-]+)\/_history/.exec(response?.location ?? '') ?? []
    return found === type && id !== undefined ? [id] : []
  })
}

interface Target {
  readonly base: string
  readonly key: SigningKey
  readonly hospital: Headers
}

/** Opens, fills and authorises one record. */
async function depositOne(target: Target, patient: number): Promise<LoadedRecord> {
  const { base, key, hospital } = target
  const [patientId] = idsOf(await succeed(base, post('', opening(patient), hospital)), 'Patient')
  if (patientId === undefined) throw new Error('The server opened a record without saying where it is')
  const bundle = deposit(patient, structures.hospital.finess)
  const documents = idsOf(await succeed(base, post('', bundle, hospital)), 'DocumentReference')
  const own = await headersOf('patient-marie', key, { marie: patientId })
  await succeed(base, post('/Consent', authorisation(patientId, practitioners.gp.rpps), own))
  return { patient, patientId, documents }
}

/** What each record holds: a patient, two consents, and the deposit. */
const resourcesOf = (patient: number): number => 3 + deposit(patient, '').entry.length

export interface Loading {
  readonly base: string
  readonly key: SigningKey
  readonly patients: number
  readonly onProgress: (done: number) => void
}

/** Loads so many records through the public interface, a few at once. @throws when the server refuses one. */
export async function depositRecords({ base, key, patients, onProgress }: Loading): Promise<Loaded> {
  const target = { base, key, hospital: await headersOf('hospital', key) }
  const records: LoadedRecord[] = []
  const waiting = Array.from({ length: patients }, (_, patient) => patient)
  const worker = async (): Promise<void> => {
    for (let patient = waiting.shift(); patient !== undefined; patient = waiting.shift()) {
      records.push(await depositOne(target, patient))
      onProgress(records.length)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const resources = patients * resourcesOf(0)
  return { records, resources, hospital: target.hospital, gp: await headersOf('gp', key) }
}
