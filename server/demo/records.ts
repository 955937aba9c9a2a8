/** Where the demonstration keeps the ids that the server gave to its patients: `DATA_DIR/demo.json`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PatientName } from './people.ts'

/** The id of each patient's record, as far as it is open. */
export type DemoRecords = Readonly<Partial<Record<PatientName, string>>>

const fileIn = (dataDir: string): string => join(dataDir, 'demo.json')

/** @returns the ids that were kept, or undefined when the demonstration records were never loaded to their end. */
export function readDemoRecords(dataDir: string): DemoRecords | undefined {
  const file = fileIn(dataDir)
  if (!existsSync(file)) return undefined
  return JSON.parse(readFileSync(file, 'utf8')) as DemoRecords
}

/** Keeps the ids, all at once: a reader sees the former file or the new one. */
export function keepDemoRecords(dataDir: string, records: DemoRecords): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const draft = `${fileIn(dataDir)}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(records, null, 2)}\n`)
  renameSync(draft, fileIn(dataDir))
}
