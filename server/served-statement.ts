/** The capability statement as `metadata` answers it: the promise of the file, and where and how this server keeps it. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { CapabilityStatementRestSecurity } from 'fhir/r4.js'
import { listOf, objectOf } from '../resources/json-value.ts'

/** What the running server knows and the file does not. */
export interface Serving {
  readonly base: string
  readonly regime: 'dmp' | 'smart' | 'none'
  readonly cors: boolean
  /** Milliseconds since 1970: when the server started, which is the date of a statement without one. */
  readonly started: number
}

const smart = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }],
}

/** How a client enters: with a token, or without any under the regime `none`. */
const securityOf = ({ regime, cors }: Serving): CapabilityStatementRestSecurity =>
  regime === 'none'
    ? { cors, description: 'No access control at all: for development on this machine.' }
    : { cors, service: [smart], description: 'OAuth 2.0 bearer tokens with SMART scopes.' }

/** @param statement parsed JSON that `readCatalog` accepted. @returns the bytes of the statement that is served. */
export function servedStatement(statement: unknown, serving: Serving): Uint8Array {
  const json = objectOf(statement) ?? {}
  const rest = listOf(json.rest).map(each => ({ ...objectOf(each), security: securityOf(serving) }))
  const served = {
    date: new Date(serving.started).toISOString(),
    ...json,
    implementation: { description: 'Dossier Médical Partagé', ...objectOf(json.implementation), url: serving.base },
    rest,
  }
  const { resourceType, ...others } = { resourceType: 'CapabilityStatement', ...served }
  return Buffer.from(JSON.stringify({ resourceType, ...others }))
}
