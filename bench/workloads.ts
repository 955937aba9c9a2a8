/** What is measured: a table of workloads, and which of them are compared. */
import { randomUUID } from 'node:crypto'
import { structures } from '../server/demo/people.ts'
import type { Ask } from './client.ts'
import type { Headers, Loaded, LoadedRecord } from './deposit-records.ts'
import { document, ins, insOf } from './records.ts'
import { type Regime, regimes, type ServerName } from './stage.ts'

export interface Workload {
  readonly name: string
  /** What one request does, in a line. */
  readonly does: string
  readonly server: ServerName
  readonly next: () => Ask
}

/** One workload compared with another: CPU of the server for a request, divided. */
export interface Comparison {
  readonly of: string
  readonly by: string
  /** The ratio that the design asks for, at most. */
  readonly goal?: number
}

/** What requests are made of. Those who write do not touch what is read, so that what is read stays as large as it was. */
interface Sources {
  readonly read: readonly LoadedRecord[]
  readonly written: readonly LoadedRecord[]
  readonly gp: Headers
  readonly hospital: Headers
}

/** A function that gives the members of a list in turn: requests under way at once concern different ones. */
function inTurn<Member>(members: readonly Member[]): () => Member {
  let at = 0
  return () => {
    const member = members[at++ % members.length]
    if (member === undefined) throw new Error('There is nothing to take turns')
    return member
  }
}

interface Depositing extends LoadedRecord {
  readonly at: number
  readonly id: string
}

/** The documents of records: the first of each, then the second of each, so that neighbours are of different records. */
function documentsOf(records: readonly LoadedRecord[]): readonly Depositing[] {
  const ofOne = records[0]?.documents.length ?? 0
  return Array.from({ length: ofOne }, (_, at) =>
    records.flatMap(record =>
      record.documents[at] === undefined ? [] : [{ ...record, at, id: record.documents[at] }],
    ),
  ).flat()
}

interface Kind {
  readonly name: string
  readonly does: string
  /** Under which regimes it is measured. */
  readonly under: readonly Regime[]
  readonly as: 'gp' | 'hospital'
  /** Gives the next request, without its headers. */
  readonly make: (sources: Sources) => () => Ask
}

const hospital = structures.hospital.finess

const kinds: readonly Kind[] = [
  {
    name: 'R1',
    does: 'read a DocumentReference of 3 kB by its id',
    under: regimes,
    as: 'gp',
    make: ({ read }) => {
      const next = inTurn(documentsOf(read))
      return () => ({ method: 'GET', path: `/fhir/DocumentReference/${next().id}` })
    },
  },
  {
    name: 'R2',
    does: 'search 20 Observations of a patient',
    under: regimes,
    as: 'gp',
    make: ({ read }) => {
      const next = inTurn(read)
      return () => ({ method: 'GET', path: `/fhir/Observation?patient=${next().patientId}&_count=20` })
    },
  },
  {
    name: 'R4',
    does: 'count the DocumentReferences of a patient',
    under: regimes,
    as: 'gp',
    make: ({ read }) => {
      const next = inTurn(read)
      return () => ({ method: 'GET', path: `/fhir/DocumentReference?patient=${next().patientId}&_summary=count` })
    },
  },
  {
    name: 'R6',
    does: 'search a Patient by its INS',
    under: ['dmp'],
    as: 'gp',
    make: ({ read }) => {
      const next = inTurn(read)
      return () => ({ method: 'GET', path: `/fhir/Patient?identifier=${ins}%7C${insOf(next().patient)}` })
    },
  },
  {
    name: 'W1',
    does: 'create a DocumentReference of 3 kB',
    under: regimes,
    as: 'hospital',
    make: ({ written }) => {
      const next = inTurn(documentsOf(written))
      return () => {
        const { patient, at } = next()
        const body = document(patient, { at, structure: hospital, name: randomUUID() })
        return { method: 'POST', path: '/fhir/DocumentReference', body: JSON.stringify(body) }
      }
    },
  },
  {
    name: 'W1u',
    does: 'update a DocumentReference of 3 kB, as its depositor',
    under: ['dmp'],
    as: 'hospital',
    make: ({ written }) => {
      const next = inTurn(documentsOf(written))
      return () => {
        const { patient, at, id } = next()
        const body = { ...document(patient, { at, structure: hospital }), id, description: randomUUID() }
        return { method: 'PUT', path: `/fhir/DocumentReference/${id}`, body: JSON.stringify(body) }
      }
    },
  },
]

const baseline = (name: string, does: string, asked: Ask): Workload => ({
  name,
  does,
  server: 'baseline',
  next: () => asked,
})

/** What the same framework, driver and database cost without a FHIR server between them. */
const baselines = {
  B1: baseline('B1', 'find a document of 3 kB by its _id, answer it as JSON', { method: 'GET', path: '/b1' }),
  B20: baseline('B20', 'find 20 documents of 1.5 kB, answer them as JSON', { method: 'GET', path: '/b20' }),
  B2: baseline('B2', 'insert a document of 3 kB, majority and journaled', { method: 'POST', path: '/b2' }),
}

/** A workload under a regime that is not the product's own bears its name too. */
const nameUnder = (name: string, regime: Regime): string => (regime === 'dmp' ? name : `${name}.${regime}`)

function underRegimes(kind: Kind, sources: Sources): readonly Workload[] {
  const { name, does, under, as, make } = kind
  return under.map(regime => {
    const next = make(sources)
    // Without security nobody looks at a token.
    const { authorization: _token, ...open } = sources[as]
    const headers = regime === 'none' ? open : sources[as]
    return { name: nameUnder(name, regime), does, server: regime, next: () => ({ ...next(), headers }) }
  })
}

/** @returns every workload; each group of neighbours begins with what it is compared with. */
export function workloadsOn({ records, gp, hospital }: Loaded): readonly Workload[] {
  const middle = Math.ceil(records.length / 2)
  const sources = { read: records.slice(0, middle), written: records.slice(middle), gp, hospital }
  const [r1, r2, r4, r6, w1, w1u] = kinds.map(kind => underRegimes(kind, sources))
  const { B1, B20, B2 } = baselines
  return [[B1], r1, r4, r6, [B20], r2, [B2], w1, w1u].flatMap(group => group ?? [])
}

/** The ratios, with their goals. The last ones are what security costs: the same request with it and without. */
export const comparisons: readonly Comparison[] = [
  { of: 'R1', by: 'B1', goal: 1.2 },
  { of: 'R2', by: 'B1', goal: 1.5 },
  { of: 'R2', by: 'B20', goal: 0.5 },
  { of: 'R4', by: 'B1', goal: 1.1 },
  { of: 'R6', by: 'B1', goal: 1.8 },
  { of: 'W1', by: 'B2', goal: 3 },
  { of: 'W1u', by: 'B2', goal: 3.5 },
  ...['R1', 'R2', 'R4', 'W1'].flatMap(name => [
    { of: name, by: nameUnder(name, 'smart') },
    { of: name, by: nameUnder(name, 'none') },
  ]),
]
