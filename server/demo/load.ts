/**
 * Loads the demonstration through the public interface, each file by the identity that would send it in life: the rules
 * of the server hold for it as for anybody. Every step may be repeated, so an interrupted loading is simply done again.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../root.ts'
import { identityNamed } from './identities.ts'
import type { DemoIdentity } from './identity.ts'
import type { DemoRecords } from './records.ts'
import { type LoadStep, steps } from './steps.ts'

/** A request to the server that is being loaded. */
export interface DemoRequest {
  readonly method: 'POST'
  /** Below the FHIR base; empty for the base itself. */
  readonly path: ''
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface DemoResponse {
  readonly status: number
  readonly body: string
}

/** What the loading needs of its surroundings. */
export interface Loading {
  readonly send: (request: DemoRequest) => Promise<DemoResponse>
  /** `records` are the records that are open so far: a patient's token names one. */
  readonly tokenOf: (identity: DemoIdentity, records: DemoRecords) => Promise<string>
  readonly onProgress?: (done: number, of: number, says: string) => void
}

/**
 * @returns the id of each patient's record.
 * @throws when the server refuses a step: the demonstration is then a bug, and its OperationOutcome is in the message.
 */
export async function loadDemonstration(loading: Loading): Promise<DemoRecords> {
  let records: DemoRecords = {}
  for (const [n, step] of steps.entries()) {
    loading.onProgress?.(n + 1, steps.length, step.says)
    const answer = await perform(loading, step, records)
    if (step.opens !== undefined) records = { ...records, [step.opens]: openedRecord(answer) }
  }
  return records
}

async function perform({ send, tokenOf }: Loading, step: LoadStep, records: DemoRecords): Promise<string> {
  const identity = identityNamed(step.as)
  if (identity === undefined) throw new Error(`No demonstration identity is called ${step.as}`)
  const answer = await send({
    method: 'POST',
    path: '',
    headers: {
      authorization: `Bearer ${await tokenOf(identity, records)}`,
      'content-type': 'application/fhir+json',
      accept: 'application/fhir+json',
    },
    body: await readFile(join(root, 'fixtures/demo', `${step.file}.json`), 'utf8'),
  })
  if (answer.status !== 200)
    throw new Error(`${step.file} by ${step.as}: ${answer.status} ${answer.body.slice(0, 2000)}`)
  return answer.body
}

/** The id in the location of the first entry, which is the Patient. */
function openedRecord(answer: string): string {
  const bundle = JSON.parse(answer) as {
    readonly entry?: readonly { readonly response?: { readonly location?: string } }[]
  }
  const id = /Patient\/([A-Za-z0-9.-]+)/.exec(bundle.entry?.[0]?.response?.location ?? '')?.[1]
  if (id === undefined) throw new Error('The server opened a record without saying where it is')
  return id
}
