/** `npm run audit:verify`: checks the chains of the trail and names the first broken link. Exit code 1 when there is one. */
import { asCommand } from './as-command.ts'
import { openDatabase } from './open-database.ts'
import { type Verdict, verifyAudit } from './store/verify-audit.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** @returns the verdict in lines. */
export function report({ lines, waiting, heads, broken }: Verdict): string {
  if (broken !== undefined) return `BROKEN: ${broken}`
  const ends = heads.map(({ chain, seq, hash }) => `chain ${chain} ends at line ${seq}, ${hash}`)
  const waits =
    waiting === 0 ? [] : [`${waiting} lines of writes wait to be linked by a running server or the next start`]
  return [`OK: ${lines} lines in ${heads.length} chains`, ...waits, ...ends].join('\n')
}

/** @returns the exit code: 0 when every link holds, 1 when one is broken. */
export async function auditVerify(environment: Environment): Promise<number> {
  const { url, database, stop } = await openDatabase(environment)
  try {
    const verdict = await verifyAudit(url, database)
    process.stdout.write(`${report(verdict)}\n`)
    return verdict.broken === undefined ? 0 : 1
  } finally {
    await stop()
  }
}

await asCommand(import.meta.url, () => auditVerify(process.env))
