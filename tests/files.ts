/** Runs test files, each in a process of its own and several at a time, and tells it all as one stream of TAP. */
import t from 'tap'
import { compiledPath } from './support/program.ts'

/** One more than most small machines have cores: a test often waits, for the disk or for a clock. */
t.jobs = 3

/** What a test may take that does not say so itself. A machine that does other things takes its time. */
const seconds = 300

/** The whole takes what its files take; each of them is given up by itself. */
t.setTimeout(0)

for (const path of process.argv.slice(2))
  void t.spawn(process.execPath, ['--enable-source-maps', compiledPath(path)], {
    name: path,
    buffered: true,
    timeout: seconds * 1000,
    env: { ...process.env, TAP_TIMEOUT: String(seconds) },
  })
