/** `npm run --silent matrix:show -- [day]`: who reads and who deposits what, sourced cells and proposals told apart. */
import { dayOf } from '../security/first-day.ts'
import { policyTable } from '../security/policy-table.ts'
import { isMain } from './is-main.ts'
import { loadHistory } from './load-policy.ts'
import { readSide } from './matrix-side.ts'

/** @returns what the command prints. @throws an Error whose message says what to do. */
export async function matrixShow(
  [day = dayOf(Date.now())]: readonly string[],
  environment: { readonly SOCIAL_COLUMNS?: string | undefined },
): Promise<string> {
  const history = await loadHistory({ socialColumns: environment.SOCIAL_COLUMNS === 'true' })
  const side = history.ok ? await readSide(history.value, day, day) : history
  if (side.ok && history.ok) return policyTable(side.value.policy, history.value.habilitation).join('\n')
  const complaints = side.ok ? [] : side.failure.complaints
  throw new Error(complaints.map(({ diagnostics }) => diagnostics).join('\n'))
}

if (isMain(import.meta.url)) {
  try {
    process.stdout.write(`${await matrixShow(process.argv.slice(2), process.env)}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
