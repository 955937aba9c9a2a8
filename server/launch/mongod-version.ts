/** Whether a file is a mongod that this server can use: 6.0 or later, and able to run on this machine. */
import { runProgram } from './run-program.ts'

/** The oldest version that the storage is written for. */
export const oldest = { major: 6, minor: 0 }

export type Usable = { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string }

/** Asks the program for its version. The ten seconds are for a machine that reads 140 MB from a cold disk. */
export async function mongodVersion(binary: string): Promise<Usable> {
  const ran = await runProgram(binary, ['--version'], 10_000)
  if (!ran.ok) return ran
  const [, version, major, minor] = /^db version v((\d+)\.(\d+)\S*)/m.exec(ran.output) ?? []
  if (version === undefined) return { ok: false, reason: `${binary} does not tell its version as mongod does` }
  const recent = Number(major) - oldest.major || Number(minor) - oldest.minor
  if (recent < 0) return { ok: false, reason: `${binary} is ${version}; 6.0 or later is needed` }
  return { ok: true, version }
}
