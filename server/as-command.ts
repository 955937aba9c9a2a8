/** A module as a command of the operator. */
import { isMain } from './is-main.ts'

/** Runs `command` where the module of that URL is what Node.js was started with. What stops it is said in a sentence, with exit code 1. */
export async function asCommand(url: string, command: () => Promise<number>): Promise<void> {
  if (!isMain(url)) return
  try {
    process.exitCode = await command()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
