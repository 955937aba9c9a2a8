/** The benchmark runs from its start to its end and leaves nothing behind. `docs/performance.md` */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { root } from '../server/root.ts'

// A machine that does other things takes its time.
t.setTimeout(240_000)

const workloads = [
  ...['B1', 'B20', 'B2', 'R6', 'W1u'],
  ...['R1', 'R2', 'R4', 'W1'].flatMap(name => [name, `${name}.smart`, `${name}.none`]),
]

const ratios = [
  ...['R1/B1', 'R2/B1', 'R2/B20', 'R4/B1', 'R6/B1', 'W1/B2', 'W1u/B2'],
  ...['R1', 'R2', 'R4', 'W1'].flatMap(name => [`${name}/${name}.smart`, `${name}/${name}.none`]),
]

const figures = [
  ...['cpuMicros', 'mongodCpuMicros', 'commands', 'perSecond', 'p50Micros', 'p95Micros', 'p99Micros', 'rssMiB'],
  ...['clientShare', 'turnedAway', 'spread'],
]

/** A folder for what a run keeps while it runs. */
async function temporaryFolder(test: { teardown(remove: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dmp-bench-test-'))
  test.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Folders of runs; others than the benchmark keep things there too. */
const leftIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter(name => name.startsWith('dmp-bench-'))

/** A run that ends itself when the test is given up. */
function spawnBench(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}

async function bench(folder: string, ...args: readonly string[]) {
  const child = spawnBench(folder, ...args)
  const [output, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { output, said, code }
}

t.test('a short run prints one JSON object with every workload and every ratio, and nothing else', async t => {
  const folder = await temporaryFolder(t)
  const { output, said, code } = await bench(folder, '--short', '--json')
  t.equal(code, 0, 'it ends well')
  if (code !== 0) t.comment(said)
  const report = JSON.parse(output)
  t.equal(report.patients, 8)
  t.equal(report.resources, 8 * 39)
  t.same(Object.keys(report.workloads).sort(), workloads.sort())
  t.same(Object.keys(report.ratios).sort(), ratios.sort())
  for (const [name, measured] of Object.entries<Record<string, number>>(report.workloads)) {
    t.same(Object.keys(measured).sort(), [...figures].sort(), name)
    t.ok((measured.cpuMicros ?? 0) > 0, `${name} costs CPU of the server`)
  }
  t.same(await leftIn(folder), [], 'its folder is gone')
  t.same(await processesOn(folder), [], 'its processes are gone')
})

/** Command lines of processes that name the folder. proc(5) */
async function processesOn(folder: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter(line => line.includes(folder))
}

t.test('an interrupted run ends everything that it started', async t => {
  const folder = await temporaryFolder(t)
  const child = spawnBench(folder, '--short')
  child.stderr.setEncoding('utf8').on('data', (said: string) => {
    if (said.includes('Loading')) child.kill('SIGINT')
  })
  t.same(await once(child, 'exit'), [130, null])
  t.same(await processesOn(folder), [])
  t.same(await leftIn(folder), [])
})

t.test('an option that makes no sense is refused by name before anything starts', async t => {
  const folder = await temporaryFolder(t)
  for (const [args, word] of [
    [['--patients', 'many'], '--patients'],
    [['--seconds', '0'], '--seconds'],
    [['--loud'], '--loud'],
  ] as const) {
    const { output, said, code } = await bench(folder, ...args)
    t.equal(code, 1)
    t.equal(output, '')
    t.match(said, word)
  }
})
