/** Whether anything of a record was superseded since an instant: nearly never, and those who ask at one time share a query. */
import type { Document } from 'mongodb'
import { walk } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { inGroups } from './groups.ts'
import { runFindBytes } from './run-read.ts'

interface Asked {
  readonly patient: string
  readonly since: number
}

const limits = { group: 500, queue: 20_000 }

/** The most ends that are told. Where there are more, everybody asks for himself. */
const mostTold = 1000

/** By the index alone: no version is read. */
export const endedCommand = (patients: readonly string[], since: number): Document => ({
  find: 'record_history',
  filter: { patient: { $in: [...patients] }, ended: { $gt: new Date(since) } },
  projection: { _id: 0, patient: 1, ended: 1 },
  limit: mostTold,
  batchSize: mostTold,
  hint: 'ended',
})

type Ends = ReadonlyMap<string, number>

const none: Ends = new Map()

/** The last end of each record that has one. */
function lastEnds(rows: readonly Buffer[]): Ends {
  const ends = new Map<string, number>()
  for (const row of rows) {
    const { patient, ended } = walk(row) as unknown as { patient: string; ended: number } // the border: the index holds it
    ends.set(patient, Math.max(ended, ends.get(patient) ?? ended))
  }
  return ends
}

/** @returns what tells whether a version of a record ended after an instant. Who asks while a query is under way takes part in the next one, never in this one. */
export function openEnded(deployment: Deployment): (patient: string, since: number) => Promise<boolean> {
  const read = inGroups(async (asked: readonly Asked[]): Promise<Ends | undefined> => {
    const patients = new Set(asked.map(({ patient }) => patient))
    const since = asked.reduce((least, each) => Math.min(least, each.since), Number.POSITIVE_INFINITY)
    const rows = await runFindBytes(deployment, endedCommand([...patients], since))
    if (rows.length === 0) return none
    return rows.length < mostTold ? lastEnds(rows) : undefined
  }, limits)
  return async (patient, since) => {
    const ends = await read({ patient, since })
    return ends === undefined || (ends.get(patient) ?? Number.NEGATIVE_INFINITY) > since
  }
}
