/** A server that records are deposited in: ours as in life, by a hospital and with the patient's consent, or another FHIR server. */
import { identityOf } from '../fixtures/synthetic/identity.ts'
import type { HeadersOf } from '../fixtures/synthetic/tokens.ts'
import { identityNamed } from '../server/demo/identities.ts'
import type { DemoIdentity } from '../server/demo/identity.ts'
import { practitioners, structures } from '../server/demo/people.ts'
import type { DemoRecords } from '../server/demo/records.ts'
import { signDemoToken } from '../server/demo/sign-demo-token.ts'
import type { SigningKey } from '../server/secrets.ts'
import { type Ask, type Headers, succeed } from './client.ts'
import type { Callers, Loaded } from './loaded.ts'
import { authorisation, opening, person } from './record-bundles.ts'
import { ins } from './record-resources.ts'

export interface Receiver extends Callers, Pick<Loaded, 'root' | 'subjectOf'> {
  readonly base: string
  /** Who may write practitioners. */
  readonly operator: Headers
  /** The FINESS of the hospital. */
  readonly structure: string
  /** Begins a record. @returns the id of its patient. */
  readonly open: (patient: number) => Promise<string>
  /** Lets the practitioner read it. */
  readonly authorise: (patientId: string) => Promise<void>
  /** Headers of whoever deposits a step of a synthetic record; absent where resources are put by their ids. */
  readonly headersFor?: HeadersOf
  /** What a record holds beside its deposit. */
  readonly resourcesOfOpening: number
}

export const media = 'application/fhir+json'
const lifetime = 12 * 3600

/** @returns the headers of a demonstration identity. */
export async function headersOf(name: string, key: SigningKey, records: DemoRecords = {}): Promise<Headers> {
  const identity = identityNamed(name)
  if (identity === undefined) throw new Error(`No demonstration identity is called ${name}`)
  return tokenHeaders(identity, key, records)
}

async function tokenHeaders(identity: DemoIdentity, key: SigningKey, records: DemoRecords): Promise<Headers> {
  const token = await signDemoToken({ identity, key, audience: 'urn:dmp:demo', records, now: Date.now(), lifetime })
  return { authorization: `Bearer ${token}`, 'content-type': media, accept: media }
}

/** Depositors of synthetic records; those of a patient are used once and not kept. */
function depositors(key: SigningKey): HeadersOf {
  const kept = new Map<string, Headers>()
  return async (depositor, record) => {
    const identity = identityOf(depositor, record)
    const known = kept.get(identity.subject)
    if (known !== undefined) return known
    const headers = await tokenHeaders(identity, key, {})
    if (depositor.kind !== 'patient') kept.set(identity.subject, headers)
    return headers
  }
}

/** A POST below the FHIR base. */
export const posting = (path: string, body: object, headers: Headers): Ask => ({
  method: 'POST',
  path,
  headers,
  body: JSON.stringify(body),
})

interface Response {
  readonly id?: string
  readonly entry?: readonly { readonly response?: { readonly location?: string } }[]
}

/** The ids that a transaction gave, by type. */
export function idsOf(answer: Buffer, type: string): readonly string[] {
  const { entry = [] } = JSON.parse(answer.toString()) as Response
  return entry.flatMap(({ response }) => {
    const [, found, id] = /([A-Za-z]+)\/([A-Za-z0-9.-]+)\/_history/.exec(response?.location ?? '') ?? []
    return found === type && id !== undefined ? [id] : []
  })
}

function known(id: string | undefined): string {
  if (id === undefined) throw new Error('The server opened a record without saying where it is')
  return id
}

/** The product. */
export async function productReceiver(base: string, key: SigningKey): Promise<Receiver> {
  const [hospital, gp, operator] = await Promise.all(['hospital', 'gp', 'operator'].map(name => headersOf(name, key)))
  if (hospital === undefined || gp === undefined || operator === undefined) throw new Error('There are no identities')
  return {
    ...{ base, root: '/fhir', hospital, gp, operator, structure: structures.hospital.finess, resourcesOfOpening: 3 },
    headersFor: depositors(key),
    subjectOf: ({ ins: value }) => ({ type: 'Patient', identifier: { system: ins, value } }),
    open: async patient =>
      known(idsOf(await succeed(base, posting('/fhir', opening(patient), hospital)), 'Patient')[0]),
    authorise: async patientId => {
      const own = await headersOf('patient-marie', key, { marie: patientId })
      await succeed(base, posting('/fhir/Consent', authorisation(patientId, practitioners.gp.rpps), own))
    },
  }
}

/** Any other FHIR R4 server. @param url its FHIR base */
export function peerReceiver(url: string, given: Headers): Receiver {
  const { origin, pathname } = new URL(url)
  const root = pathname.replace(/\/$/, '')
  // An answer that it kept from before would be no work.
  const headers = { 'content-type': media, accept: media, 'cache-control': 'no-cache', ...given }
  const whole = { ...headers, prefer: 'return=representation' }
  return {
    ...{ base: origin, root, hospital: headers, gp: headers, operator: headers, resourcesOfOpening: 1 },
    structure: structures.hospital.finess,
    subjectOf: ({ patientId }) => ({ reference: `Patient/${patientId}` }),
    open: async patient => {
      const answer = await succeed(origin, posting(`${root}/Patient`, person(patient), whole))
      return known((JSON.parse(answer.toString()) as Response).id)
    },
    authorise: async () => undefined,
  }
}
