/** A side of a comparison of matrices: a day, with what is in force then, or a file, as if it were in force on the day of the other side. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { parseAccessMatrix } from '../security/access-matrix.ts'
import { buildPolicy, restrictionsOn } from '../security/build-policy.ts'
import { firstInstantOf } from '../security/first-day.ts'
import type { Side } from '../security/policy-changes.ts'
import type { PolicyHistory } from '../security/policy-in-force.ts'

const sideOf = (history: PolicyHistory, matrix: Side['matrix'], day: string): Side => ({
  matrix,
  policy: buildPolicy({ ...history, matrix }, day),
  restrictions: restrictionsOn(history, day),
})

function ofDay(history: PolicyHistory, day: string): Result<Side> {
  const versions = history.matrices.toSorted((one, other) => (one.version < other.version ? -1 : 1))
  const matrix = versions.findLast(({ version }) => version <= day)
  const first = versions[0]?.version ?? 'none'
  return matrix === undefined
    ? fail('badParameter', `expected a day from ${first} on, when the first matrix came into force, found ${day}`)
    : ok(sideOf(history, matrix, day))
}

/** @returns the day that a side names: itself, or by the name of its file. */
export function dayNamed(named: string): string | undefined {
  const day = basename(named, '.csv')
  return firstInstantOf(day) === undefined ? undefined : day
}

/**
 * @param named a day `YYYY-MM-DD`, or the path of a table in CSV: one that is named after a day is taken on that day.
 * @param otherwise the day on which a file without one is taken.
 * @returns the side; fails when it is neither, and with every cell of the file that makes no sense.
 */
export async function readSide(history: PolicyHistory, named: string, otherwise: string): Promise<Result<Side>> {
  if (firstInstantOf(named) !== undefined) return ofDay(history, named)
  if (!existsSync(named))
    return fail('badParameter', `expected a day (YYYY-MM-DD) or the path of a matrix, found "${named}"`)
  const day = dayNamed(named) ?? otherwise
  const matrix = parseAccessMatrix(day, await readFile(named, 'utf8'))
  return matrix.ok ? ok(sideOf(history, matrix.value, day)) : matrix
}
