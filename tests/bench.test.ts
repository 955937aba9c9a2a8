/** The benchmark runs from its start to its end and leaves nothing behind. `docs/performance.md` */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ask, hangUp } from '../bench/client.ts'
import { nameOf, ratioOf, verdict } from '../bench/comparisons.ts'
import { treeCpuMicros } from '../bench/cpu.ts'
import type { Round } from '../bench/measure.ts'
import { readOptions } from '../bench/options.ts'
import { headerOf, type RawAnswer, readAnswer } from '../bench/read-answer.ts'
import { summarise } from '../bench/summary.ts'
import { oneCreates } from '../bench/writing.ts'
import { root } from '../server/root.ts'
import { programArguments } from './support/program.ts'
import { openStubPeer } from './support/stub-peer.ts'

// A machine that does other things takes its time.
t.setTimeout(300_000)

const variants = ['smart', 'none', 'unaudited', 'bare']
const layered = ['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'W1', 'W1u', 'W2']
const notYet = ['R7', 'R8'].flatMap(name => [name, ...variants.map(variant => `${name}.${variant}`)])

const workloads = [
  ...['B0', 'B1', 'B20', 'B2', 'R5.first', 'W3', 'M1'],
  ...layered.flatMap(name => [name, ...variants.map(variant => `${name}.${variant}`)]),
]

const ratios = [
  ...['R1/B1', 'R2/B1', 'R2/B20', 'R3/R2', 'R4/B1', 'R5/R5.first', 'R6/B1', 'W1/B2', 'W1u/B2', 'W2/B2'],
  ...layered.flatMap(name => variants.map(variant => `${name}/${name}.${variant}`)),
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
  const child = spawn(process.execPath, [...programArguments('bench/main.ts'), ...args], {
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

/** Command lines of processes that name the folder. proc(5) */
async function processesOn(folder: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter(line => line.includes(folder))
}

t.test('a short run prints one JSON object with every workload and every ratio, and nothing else', async t => {
  const folder = await temporaryFolder(t)
  const { output, said, code } = await bench(folder, '--short', '--json')
  t.equal(code, 0, said)
  const report = JSON.parse(output)
  t.equal(report.patients, 8)
  t.equal(report.resources, report.load.resources)
  const unserved = new Set([...notYet, 'R8p'].filter(name => name in report.notServed))
  t.same(Object.keys(report.workloads).sort(), [...workloads, ...notServedYet(unserved)].sort())
  for (const ratio of ratios) t.ok(report.ratios[ratio] > 0, ratio)
  for (const [name, measured] of Object.entries<Record<string, number>>(report.workloads)) {
    t.ok((measured.cpuMicros ?? 0) > 0, `${name} costs CPU of the server`)
    t.ok((measured.mongodCpuMicros ?? -1) >= 0 && (measured.rssMiB ?? 0) > 0 && (measured.p99Micros ?? 0) > 0, name)
  }
  t.same(await leftIn(folder), [], 'its folder is gone')
  t.same(await processesOn(folder), [], 'its processes are gone')
})

/** What is served by now among what was not when this was written. */
const notServedYet = (unserved: ReadonlySet<string>): readonly string[] =>
  [...notYet, 'R8p'].filter(name => !unserved.has(name))

t.test('a search by each type of parameter finds something, and is measured when it is named', async t => {
  const { output, said, code } = await bench(await temporaryFolder(t), '--short', '--json', '--only', 'P.*')
  t.equal(code, 0, said)
  const { workloads, notServed } = JSON.parse(output)
  t.same(notServed, {})
  const types = [
    'composite',
    'date',
    'filter',
    'missing',
    'quantity',
    'reference',
    'string',
    'token',
    'token-not',
    'uri',
  ]
  t.same(
    Object.keys(workloads).sort(),
    types.map(type => `P.${type}`),
  )
})

t.test('the floor of a workload is measured when it is named', async t => {
  const folder = await temporaryFolder(t)
  const { output, said, code } = await bench(folder, '--short', '--json', '--patients', '2', '--only', 'B2,F1,F2,W2')
  t.equal(code, 0, said)
  const report = JSON.parse(output)
  t.same(Object.keys(report.workloads).sort(), ['B2', 'F1', 'F2', 'W2'])
  t.same(Object.keys(report.ratios).sort(), ['F1/B2', 'F2/B2', 'W2/B2', 'W2/F2'])
  t.ok(report.workloads.F2.bytes > 1000, 'it answers what the product answered')
})

const growing = ['--short', '--json', '--patients', '2,4', '--deposited', '2', '--only', 'R2,R6']

t.test('several numbers of patients print what growth costs, and the cold figure', async t => {
  const folder = await temporaryFolder(t)
  const { output, said, code } = await bench(folder, ...growing)
  t.equal(code, 0, said)
  const report = JSON.parse(output)
  t.same(
    report.sizes.map(({ patients }: { patients: number }) => patients),
    [2, 4],
  )
  t.same(Object.keys(report.workloads), ['R2', 'R6'])
  t.same(Object.keys(report.workloads.R2), ['2', '4'])
  t.ok(report.ratios.R2 > 0)
  t.ok(report.cold.summary.cpuMicros > 0)
})

t.test('another server gets the same records and the same requests', async t => {
  const folder = await temporaryFolder(t)
  const peer = await openStubPeer()
  t.teardown(peer.close)
  const asked = ['--short', '--json', '--patients', '2', '--peer', `${peer.base}/fhir`, '--header', 'X-Key: abc']
  const { output, said, code } = await bench(
    folder,
    ...asked,
    '--peer-pid',
    String(process.pid),
    '--only',
    'R1,R2,W2,R6',
  )
  t.equal(code, 0, said)
  const report = JSON.parse(output)
  t.same(Object.keys(report.ratios).sort(), ['R1', 'R2', 'W2', 'load'].sort())
  t.ok(report.workloads['R2.peer'].cpuMicros > 0)
  t.match(report.notServed['R6.peer'], /stub/, 'what it does not answer is told and not compared')
  t.ok(peer.seen.every(({ key }) => key === 'abc'))
  t.ok(peer.seen.some(({ cache }) => cache === 'no-cache'))
})

t.test('a long run tells the memory at each tenth', async t => {
  const folder = await temporaryFolder(t)
  const { output, said, code } = await bench(folder, '--short', '--json', '--requests', '100', '--only', 'R1,R2,R6')
  t.equal(code, 0, said)
  t.equal(JSON.parse(output).steps.length, 10)
})

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
  const refusals = [
    [['--patients', 'many'], '--patients'],
    [['--patients', ''], '--patients'],
    [['--seconds', '0'], '--seconds'],
    [['--peer', 'nowhere'], '--peer'],
    [['--peer', 'http://localhost/fhir', '--header', 'no colon'], '--header'],
    [['--peer', 'http://localhost/fhir', '--peer-pid', 'x'], '--peer-pid'],
    [['--loud'], '--loud'],
  ] as const
  for (const [args, word] of refusals) t.throws(() => readOptions(args), new RegExp(word))
  const { output, said, code } = await bench(await temporaryFolder(t), '--loud')
  t.same([code, output], [1, ''])
  t.match(said, '--loud')
})

t.test('options mean what they say', async t => {
  t.same(readOptions(['--patients', '1000,8000']).patients, [1000, 8000])
  t.equal(readOptions(['--short', '--patients', '50']).patients[0], 50)
  t.same(readOptions(['--only', 'R1,B1']).only, ['R1', 'B1'])
  const { peer } = readOptions(['--peer', 'http://h/fhir', '--header', 'Authorization: Basic a:b', '--peer-pid', '4,5'])
  t.same(peer?.headers, { authorization: 'Basic a:b' })
  t.same(peer?.pids, [4, 5])
})

const round = (figures: Partial<Round>): Round => ({
  ...{ cpuMicros: 100, mongodCpuMicros: 10, commands: 1, perSecond: 10, p50Micros: 1, p95Micros: 2, p99Micros: 3 },
  ...{
    firstByteMicros: 1,
    bytes: 1000,
    rssMiB: 100,
    rssGrowthMiB: 0,
    loopDelayMicros: 0,
    clientShare: 0.1,
    turnedAway: 0,
  },
  ...figures,
})

const rounds = (...cpu: readonly number[]) => cpu.map(cpuMicros => round({ cpuMicros }))

t.test('a ratio is the median of the ratios of the rounds: a round in which all was slow does not count', async t => {
  const found = new Map([
    ['R1', rounds(100, 900, 120)],
    ['B1', rounds(100, 900, 100)],
  ])
  t.equal(ratioOf(found, { of: 'R1', by: 'B1' }), 1)
  t.equal(ratioOf(found, { of: 'R1', by: 'B20' }), undefined, 'nothing is compared with what was not measured')
  const bytes = { of: 'R1', by: 'B1', measure: 'bytes', least: 5 } as const
  t.equal(nameOf(bytes), 'R1/B1.bytes')
  t.equal(
    ratioOf(
      new Map([
        ['R1', [round({ bytes: 9000 })]],
        ['B1', [round({})]],
      ]),
      bytes,
    ),
    9,
  )
  t.match(verdict(9, bytes), 'reached')
  t.match(verdict(1.3, { most: 1.2 }), 'missed')
})

t.test('a summary holds medians, the spread, and how many were turned away in all', async t => {
  const summary = summarise([
    round({ cpuMicros: 90, turnedAway: 1 }),
    round({ turnedAway: 2 }),
    round({ cpuMicros: 110 }),
  ])
  t.match(summary, { cpuMicros: 100, spread: 0.2, turnedAway: 3 })
})

t.test('an answer is read however its bytes are cut', async t => {
  const length = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: W/"1"\r\n\r\nhello'
  const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'
  for (const whole of [length, chunks]) {
    for (let size = 1; size <= whole.length; size += 1) {
      const read = readAnswer()
      const found: RawAnswer[] = []
      for (let at = 0; at < whole.length; at += size) {
        const answer = read(Buffer.from(whole.slice(at, at + size)))
        if (answer !== undefined) found.push(answer)
      }
      t.equal(found.length, 1, `parts of ${size}`)
      t.equal(Buffer.concat(found[0]?.parts ?? []).toString(), 'hello')
    }
  }
  const empty = readAnswer()(Buffer.from('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'))
  t.match(empty, { status: 204, size: 0, closes: true })
  t.equal(headerOf({ head: 'HTTP/1.1 200 OK\r\nRetry-After: 5' }, 'retry-after'), '5')
})

t.test('a connection that the server ended is opened again', async t => {
  const server = createServer((_request, response) => response.setHeader('Connection', 'close').end('yes'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.teardown(hangUp)
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (let at = 0; at < 3; at += 1) t.equal((await ask(base, { method: 'GET', path: '/' })).body().toString(), 'yes')
})

t.test('of equal conditional creates one creates', async t => {
  const told = (status: number, location: string) => ({
    ...{ status, head: '', parts: [], size: 0, firstByte: 0, closes: false, body: () => Buffer.alloc(0) },
    header: () => location,
  })
  const path = 'http://h/fhir/Observation/1/_history/1'
  t.doesNotThrow(() => oneCreates([told(200, path), told(201, path), told(200, path)]))
  t.throws(() => oneCreates([told(201, path), told(201, path)]), /2 × 201/)
  t.throws(() => oneCreates([told(201, path), told(200, 'http://h/fhir/Observation/2')]), /for 2/)
})

t.test('the time of processes that ended counts with who began them', async t => {
  const before = treeCpuMicros([process.pid])
  const child = spawn(process.execPath, ['-e', 'const until = Date.now() + 300; while (Date.now() < until);'])
  await once(child, 'exit')
  t.ok(treeCpuMicros([process.pid]) - before >= 50_000)
  t.throws(() => treeCpuMicros([2 ** 30]), /does not run/)
})
