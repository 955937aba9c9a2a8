/** Runs the tests with tap, on one MongoDB for all of them: all test files, or those that are named. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../server/root.ts'
import { ephemeralMongod } from './support/ephemeral-mongod.ts'

const tap = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')

/** Where nobody watches, one line a file and what failed is enough. */
const brief = ['--reporter=node', '--reporter-arg=--import=tsx', '--reporter-arg=tests/support/brief-report.ts']

const asked = process.argv.slice(2)
const isChosen = asked.some(argument => /^(?:-R|--reporter)/.test(argument))
const reporter = process.stdout.isTTY || isChosen ? [] : brief

const mongod = await ephemeralMongod(sentence => console.error(sentence))
const env = { ...process.env, TEST_MONGODB_URL: mongod.url }
const run = spawn(process.execPath, [tap, ...reporter, ...asked], { cwd: root, env, stdio: 'inherit' })

// The runner gets the signal of a terminal too, and ends by itself: then the database follows.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => run.kill(signal))

const [code] = (await once(run, 'exit')) as [number | null]
await mongod.stop()
process.exitCode = code ?? 1
