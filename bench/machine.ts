/** What was measured on. */
import { cpus, loadavg, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Processes that wanted a core during the minute before: above zero, the machine was not ours alone. */
  readonly loadBefore: number
  readonly node: string
  readonly mongod: string
}

/** Taken before the measuring. */
export const machineWith = (mongod: string): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  node: process.versions.node,
  mongod,
})

export const machineLine = ({ cores, cpu, memoryGiB, loadBefore, node, mongod }: Machine): string =>
  `${cores} × ${cpu}, ${memoryGiB} GiB, load ${loadBefore} before; Node ${node}, MongoDB ${mongod}`
