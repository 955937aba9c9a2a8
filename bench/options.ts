/** What the command line asks of the benchmark. */
import { parseArgs } from 'node:util'
import type { Headers } from './client.ts'

export interface Peer {
  /** Its FHIR base. */
  readonly url: string
  readonly headers: Headers
  /** Roots of its trees of processes. */
  readonly pids: readonly number[]
  /** For how long it is asked before anything is measured. */
  readonly warmupSeconds: number
}

export interface Options {
  /** Several: growth is measured. */
  readonly patients: readonly number[]
  /** So many records are deposited at most; the others are copies of them in the database. */
  readonly deposited: number
  /** Results of the large record, and resources of a wide one. */
  readonly rows: number
  readonly wide: number
  /** Of synthetic records; without it all records are alike. */
  readonly seed: string | undefined
  /** Length of one round of one workload. */
  readonly seconds: number
  readonly rounds: number
  /** Requests of each workload before anything is measured, as far as they take no longer than a round. */
  readonly warmup: number
  /** Requests that are under way at once. */
  readonly connections: number
  /** Names of workloads; empty for all. */
  readonly only: readonly string[]
  readonly json: boolean
  /** Folder that receives a CPU profile of the server for each workload. */
  readonly profile: string | undefined
  readonly peer: Peer | undefined
  /** Length of a long run whose memory is looked at. */
  readonly requests: number | undefined
  readonly overload: boolean
  readonly startup: boolean
}

/** How the command is called. */
export const usage = `npm run bench -- [options]

  --patients N       records that are loaded (1000); N,N,N measures what growth costs
  --deposited N      so many are deposited at most, the others are copies of them in the database (all)
  --seed WORD        records of fixtures/synthetic, thin and huge as in life, instead of records that are all alike
  --seconds N        length of one round of one workload (2)
  --rounds N         rounds, whose median counts (3)
  --warmup N         requests of each workload before the measuring, so that its code is compiled (3000)
  --connections N    requests under way at once (16)
  --only R1,B1       these workloads only; R1 means R1.none and its other variants too when it is written R1.*
  --short            8 records, a fifth of a second, 1 round: says only that everything runs
  --json             one JSON object on the standard output and nothing else
  --profile FOLDER   a CPU profile of the server for each workload, and its largest costs

in the place of the workloads:
  --requests N       a mix of N reads, those that --only names, and the memory of the server at each tenth of them
  --overload         200, then 2,000 connections; what is shed, how soon it recovers, and that nothing was lost
  --startup          how long a start takes, and the first request after it

beside another FHIR R4 server, which gets the same records and the same requests:
  --peer URL         its FHIR base
  --header "A: b"    a header for it; may be repeated
  --peer-pid N,N     its processes; those that they begin are counted with them
  --peer-warmup N    seconds of requests before anything is measured (180)`

const usual = { patients: '1000', seconds: '2', rounds: '3', warmup: '3000', connections: '16' }
const short = { patients: '8', seconds: '0.2', rounds: '1', warmup: '16', connections: '8' }

function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} expects a positive whole number, found "${text}"\n\n${usage}`)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 3600) return value
  throw new Error(`--${name} expects a positive number, found "${text}"\n\n${usage}`)
}

const listOf = (text: string): readonly string[] => text.split(',').filter(part => part !== '')

function headersOf(lines: readonly string[]): Headers {
  return Object.fromEntries(
    lines.map(line => {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined) throw new Error(`--header expects "Name: value"\n\n${usage}`)
      return [name.toLowerCase(), value]
    }),
  )
}

interface PeerArguments {
  readonly peer?: string | undefined
  readonly header?: readonly string[] | undefined
  readonly 'peer-pid'?: string | undefined
  readonly 'peer-warmup'?: string | undefined
}

function peerOf(given: PeerArguments, isShort: boolean): Peer | undefined {
  const { peer: url, header = [] } = given
  if (url === undefined) return undefined
  if (!URL.canParse(url)) throw new Error(`--peer expects the address of a FHIR base, found "${url}"\n\n${usage}`)
  return {
    url,
    headers: headersOf(header),
    pids: listOf(given['peer-pid'] ?? '').map(text => whole('peer-pid', text)),
    warmupSeconds: positive('peer-warmup', given['peer-warmup'] ?? (isShort ? '1' : '180')),
  }
}

const known = {
  patients: { type: 'string' },
  deposited: { type: 'string' },
  seed: { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  warmup: { type: 'string' },
  connections: { type: 'string' },
  only: { type: 'string', default: '' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  profile: { type: 'string' },
  peer: { type: 'string' },
  header: { type: 'string', multiple: true },
  'peer-pid': { type: 'string' },
  'peer-warmup': { type: 'string' },
  requests: { type: 'string' },
  overload: { type: 'boolean', default: false },
  startup: { type: 'boolean', default: false },
} as const

/** @returns the options; throws on one that is unknown or makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: known })
  const { patients, seconds, rounds, warmup, connections } = { ...(values.short ? short : usual), ...values }
  const sizes = listOf(patients).map(text => Math.max(2, whole('patients', text))) // one to read, one to write
  if (sizes.length === 0) whole('patients', patients)
  return {
    patients: sizes,
    deposited: values.deposited === undefined ? Number.POSITIVE_INFINITY : whole('deposited', values.deposited),
    seed: values.seed,
    ...(values.short ? { rows: 60, wide: 50 } : { rows: 10_000, wide: 1000 }),
    seconds: positive('seconds', seconds),
    rounds: whole('rounds', rounds),
    warmup: whole('warmup', warmup),
    connections: whole('connections', connections),
    only: listOf(values.only),
    json: values.json,
    profile: values.profile,
    peer: peerOf(values, values.short),
    requests: values.requests === undefined ? undefined : whole('requests', values.requests),
    overload: values.overload,
    startup: values.startup,
  }
}
