/** Runs the tests, compiled and on one MongoDB for all of them: all test files, or those that are named. `--tap` prints TAP itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../server/root.ts'
import { compileTests } from './compile.ts'
import { ephemeralMongod } from './support/ephemeral-mongod.ts'
import { compiledPath } from './support/program.ts'

const asked = process.argv.slice(2).filter(argument => argument !== '--tap')
const isRaw = process.argv.includes('--tap')

const [sources, mongod] = await Promise.all([compileTests(), ephemeralMongod(sentence => console.error(sentence))])
const tests = sources.filter(path => path.endsWith('.test.ts'))
const named = asked.map(path => path.replace(/^\.\//, ''))

const env = {
  ...process.env,
  TEST_MONGODB_URL: mongod.url,
  // Node 22 and later load what they compiled before; earlier ones pass it over.
  NODE_COMPILE_CACHE: join(root, 'dist', 'compile-cache'),
}
const files = asked.length > 0 ? named : tests
const run = spawn(process.execPath, [compiledPath('tests/files.ts'), ...files], {
  cwd: root,
  env,
  stdio: ['ignore', isRaw ? 'inherit' : 'pipe', 'inherit'],
})
const over = [once(run, 'exit')]
if (run.stdout) {
  // One line a file, and what failed, is enough.
  const report = spawn(process.execPath, [compiledPath('tests/support/brief-report.ts')], {
    cwd: root,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  run.stdout.pipe(report.stdin)
  over.push(once(report, 'exit'))
}

// What runs gets the signal of a terminal too, and ends by itself: then the database follows.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => run.kill(signal))

const [[code] = []] = (await Promise.all(over)) as [number | null][]
await mongod.stop()
process.exitCode = code ?? 1
