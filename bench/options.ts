/** What the command line asks of the benchmark. */
import { parseArgs } from 'node:util'

export interface Options {
  readonly patients: number
  /** Length of one round of one workload. */
  readonly seconds: number
  readonly rounds: number
  /** Requests of each workload before anything is measured. */
  readonly warmup: number
  /** Requests that are under way at once. */
  readonly connections: number
  /** Names of workloads; empty for all. */
  readonly only: readonly string[]
  readonly json: boolean
  /** Folder that receives a CPU profile of the server for each workload. */
  readonly profile: string | undefined
}

/** How the command is called. */
export const usage = `npm run bench -- [options]

  --patients N       records that are loaded (200)
  --seconds N        length of one round of one workload (5)
  --rounds N         rounds, whose median counts (3)
  --warmup N         requests of each workload before the measuring, so that its code is compiled (3000)
  --connections N    requests under way at once (16)
  --only R1,B1       these workloads only
  --short            8 records, half a second, 1 round: says only that everything runs
  --json             one JSON object on the standard output and nothing else
  --profile FOLDER   a CPU profile of the server for each workload, and its largest costs`

const usual = { patients: '200', seconds: '5', rounds: '3', warmup: '3000', connections: '16' }
const short = { patients: '8', seconds: '0.5', rounds: '1', warmup: '20', connections: '8' }

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

/** @returns the options; throws on one that is unknown or makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      patients: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      warmup: { type: 'string' },
      connections: { type: 'string' },
      only: { type: 'string', default: '' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  })
  const { only, json, profile, ...given } = values
  const { patients, seconds, rounds, warmup, connections } = { ...(values.short ? short : usual), ...given }
  return {
    patients: Math.max(2, whole('patients', patients)), // one to read, one to write
    seconds: positive('seconds', seconds),
    rounds: whole('rounds', rounds),
    warmup: whole('warmup', warmup),
    connections: whole('connections', connections),
    only: only.split(',').filter(name => name !== ''),
    json,
    profile,
  }
}
