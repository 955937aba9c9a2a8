/** Measures what a request costs, compared with what the same framework and database cost alone: `docs/performance.md`. */
import { closingOrder } from '../server/closing-order.ts'
import { hangUp } from './client.ts'
import { type Options, readOptions } from './options.ts'
import type { Outcome, Run } from './outcome.ts'
import { runGrowth } from './run-growth.ts'
import { runLong } from './run-long.ts'
import { runOverload } from './run-overload.ts'
import { runPeer } from './run-peer.ts'
import { runStartup } from './run-startup.ts'
import { runWorkloads } from './run-workloads.ts'

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`)

/** What each option asks for in the place of the workloads. */
function runOf({ startup, overload, requests, peer, patients }: Options): (run: Run) => Promise<Outcome> {
  if (startup) return runStartup
  if (overload) return runOverload
  if (requests !== undefined) return runLong
  if (peer !== undefined) return runPeer
  return patients.length > 1 ? runGrowth : runWorkloads
}

const order = closingOrder(error => say(`Could not be ended: ${String(error)}`))
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) return
    interrupted = true
    say('Interrupted: ending what was started')
    order.close().then(() => process.exit(130))
  })
}

try {
  const options = readOptions(process.argv.slice(2))
  const { report, text, broken = false } = await runOf(options)({ options, order, say })
  await order.close()
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : text)
  if (broken) process.exitCode = 1
} catch (error) {
  if (!interrupted) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
} finally {
  await order.close()
  hangUp()
}
