/** How long it takes from the start of the process to the first authenticated answer: with nothing there yet, and again. */
import { join } from 'node:path'
import { closingOrder } from '../server/closing-order.ts'
import { patients, systems } from '../server/demo/people.ts'
import { freePort } from '../server/launch/loopback-port.ts'
import { succeed } from './client.ts'
import { machineLine, machineWith } from './machine.ts'
import type { Outcome, Run } from './outcome.ts'
import { runProgram } from './program.ts'
import { headersOf } from './receiver.ts'
import { makeFolder, makeSecrets } from './stage.ts'
import { median, rounded } from './summary.ts'
import { table } from './table.ts'

/** Milliseconds. */
interface Start {
  readonly startMillis: number
  readonly firstRequestMillis: number
}

const goals = { startMillis: 5000, firstRequestMillis: 100 }

async function startOnce(folder: string, { order, say }: Run): Promise<Start> {
  const headers = await headersOf('gp', (await makeSecrets(folder)).key)
  const own = closingOrder(error => say(`Could not be ended: ${String(error)}`))
  await order.opened(() => own.close())
  const port = await freePort(undefined)
  const settings = { DATA_DIR: folder, SECRETS_FILE: join(folder, 'secrets.json'), PORT: String(port) }
  const environment = { ...settings, DEMO: 'true', LOG_LEVEL: 'silent' }
  const from = performance.now()
  const { base } = await runProgram({ name: 'product', args: ['dist/server/main.js'], environment, port }, own)
  const asked = performance.now()
  const path = `/fhir/Patient?identifier=${systems.ins}%7C${patients.marie.ins}`
  await succeed(base, { method: 'GET', path, headers })
  const answered = performance.now()
  await own.close()
  return { startMillis: rounded(answered - from, 0), firstRequestMillis: rounded(answered - asked, 0) }
}

const lineOf = (name: string, { startMillis, firstRequestMillis }: Start): readonly string[] => {
  const reached = startMillis <= goals.startMillis && firstRequestMillis <= goals.firstRequestMillis
  const goal = `goals ≤ ${goals.startMillis} and ≤ ${goals.firstRequestMillis}, ${reached ? 'reached' : 'missed'}`
  return [name, String(startMillis), String(firstRequestMillis), goal]
}

/** The database has its files and nothing in its cache; the code of the server was not yet compiled. */
export async function runStartup(run: Run): Promise<Outcome> {
  const folder = await makeFolder(run.order)
  const machine = machineWith('of the product')
  const first = await startOnce(folder, run)
  run.say(`First start: ${first.startMillis} ms`)
  const others: Start[] = []
  for (let round = 0; round < run.options.rounds; round += 1) others.push(await startOnce(folder, run))
  const middle = (name: keyof Start): number => median(others.map(start => start[name]))
  const next = { startMillis: middle('startMillis'), firstRequestMillis: middle('firstRequestMillis') }
  const heads = ['', 'to the first answer, ms', 'of it the request, ms', '']
  const lines = [heads, lineOf('first start', first), lineOf('next start', next)]
  return { report: { machine, first, next }, text: [machineLine(machine), '', table(lines), ''].join('\n') }
}
