/**
 * Runs the tests, compiled and on one MongoDB for all of them: all test files, or those that are named.
 * `--tap` prints TAP itself; `--coverage` measures the pure folders on the way, and fails below the thresholds.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../server/root.ts'
import { compileTests } from './compile.ts'
import { ephemeralMongod } from './support/ephemeral-mongod.ts'
import { compiledPath } from './support/program.ts'

const { values, positionals } = parseArgs({
  options: { tap: { type: 'boolean', default: false }, coverage: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const profile = join(root, '.tap', 'v8')
if (values.coverage) await rm(profile, { recursive: true, force: true })

const [sources, mongod] = await Promise.all([compileTests(), ephemeralMongod(sentence => console.error(sentence))])
const named = positionals.map(path => path.replace(/^\.\//, ''))
const files = named.length > 0 ? named : sources.filter(path => path.endsWith('.test.ts'))

const run = spawn(process.execPath, [compiledPath('tests/files.ts'), ...files], {
  cwd: root,
  env: {
    ...process.env,
    TEST_MONGODB_URL: mongod.url,
    // Node 22 and later load what they compiled before; earlier ones pass it over.
    NODE_COMPILE_CACHE: join(root, 'dist', 'compile-cache'),
    ...(values.coverage ? { TEST_COVERAGE: profile } : {}),
  },
  stdio: ['ignore', values.tap ? 'inherit' : 'pipe', 'inherit'],
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
if (values.coverage && !(await (await import('./coverage.ts')).reportCoverage(profile))) process.exitCode = 1
