/** Runs test files, each in a process of its own and several at a time, and tells it all as one stream of TAP. */
import t from 'tap'
import { compiledPath } from './support/program.ts'

/** One more than most small machines have cores: a test often waits, for the disk or for a clock. */
t.jobs = 3

/** What a test may take that does not say so itself. A machine that does other things takes its time. */
const seconds = 600

/** Where the coverage of the four pure folders is kept, when it is asked for. */
const profile = process.env.TEST_COVERAGE

/** Rules that are tested where they are asked: through a server, which runs in the process of its test. */
const throughServer: ReadonlySet<string> = new Set([
  'tests/access/masking.test.ts',
  'tests/access/record-life.test.ts',
  'tests/access/rehearse.test.ts',
  'tests/access/value-sets.test.ts',
  'tests/http/language/kept-value-set.test.ts',
  'tests/http/language/token.test.ts',
  'tests/notifications/accesses.test.ts',
  'tests/search-parameters/life.test.ts',
  'tests/search-parameters/refused.test.ts',
])

const isMeasured = (path: string): boolean =>
  profile !== undefined && (/^tests\/(?:resources|profiles|search|security)\//.test(path) || throughServer.has(path))

/** tap would hook into modules and measure coverage in each process, and in those that it starts. */
const nodeOptions = `NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`

// The whole takes what its files take; each of them is given up by itself.
t.setTimeout(0)

for (const path of process.argv.slice(2)) {
  const measured = isMeasured(path)
  const env = { ...process.env, TAP_TIMEOUT: String(seconds), ...(measured ? { NODE_V8_COVERAGE: profile } : {}) }
  // What is measured runs from its sources: its lines are theirs.
  const args = measured ? ['--import=tsx', path] : ['--enable-source-maps', compiledPath(path)]
  void t.spawn('env', [nodeOptions, process.execPath, ...args], {
    name: path,
    buffered: true,
    timeout: seconds * 1000,
    env,
  })
}
