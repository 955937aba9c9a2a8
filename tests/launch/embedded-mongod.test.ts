/** The embedded database: started, kept, moved, adopted and stopped, with a real mongod. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type EmbeddedMongod, startMongod } from '../../server/launch/embedded-mongod.ts'
import { FolderInUse } from '../../server/launch/folder-lock.ts'
import { freePort } from '../../server/launch/loopback-port.ts'
import { processIdentity } from '../../server/launch/process-identity.ts'
import { root } from '../../server/root.ts'
import { openAdmin } from '../../server/store/admin-command.ts'

// Ten starts and stops of a real database, on a machine that may be busy.
t.setTimeout(180_000)

const environment = { ...process.env, MONGOD_CACHE_GB: '0.25' }
const durable = { w: 'majority', j: true }

const start = (dataDir: string, onProgress: (sentence: string) => void = () => undefined): Promise<EmbeddedMongod> =>
  startMongod({ dataDir, onProgress, environment })

async function command(url: string, what: Readonly<Record<string, unknown>>) {
  const admin = await openAdmin(url)
  try {
    return await admin.run(what, 'kept')
  } finally {
    await admin.close()
  }
}

const portOf = ({ url }: EmbeddedMongod): number => Number(new URL(url.replace('mongodb:', 'http:')).port)

async function folder(t: { teardown(done: () => Promise<void>): void }): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'dmp-embedded-'))
  t.teardown(() => rm(made, { recursive: true, force: true }))
  return made
}

t.test('a first start makes a replica set that takes durable writes, on loopback only', async t => {
  const dataDir = await folder(t)
  const mongod = await start(dataDir)
  t.match(await command(mongod.url, { insert: 'x', documents: [{ a: 1 }], writeConcern: durable }), { ok: true })
  const options = (await processIdentity(mongod.pid))?.command
  t.match(options, '--bind_ip 127.0.0.1')
  t.match(options, '--nounixsocket')
  await mongod.stop()
  await t.resolves(mongod.stop(), 'stopping twice is stopping once')
  t.equal(await processIdentity(mongod.pid), undefined)
})

t.test('a second start keeps data and port', async t => {
  const dataDir = await folder(t)
  let before = await start(dataDir)
  await command(before.url, { insert: 'x', documents: [{ a: 1 }], writeConcern: durable })
  // Another test may take the free port between the two starts, which the next test is about; hardly each time.
  for (let tries = 1; ; tries += 1) {
    await before.stop()
    const after = await start(dataDir)
    t.match(await command(after.url, { count: 'x' }), { ok: true, fields: { n: 1 } })
    if (after.url !== before.url && tries < 4) {
      before = after
      continue
    }
    t.teardown(after.stop)
    t.equal(after.url, before.url)
    return
  }
})

t.test('when its port is taken, even by a program that keeps silent, the set moves with its data', async t => {
  const dataDir = await folder(t)
  const first = await start(dataDir)
  await command(first.url, { insert: 'x', documents: [{ a: 1 }], writeConcern: durable })
  await first.stop()
  const stranger = createServer().listen(portOf(first), '127.0.0.1')
  await once(stranger, 'listening')
  t.teardown(() => stranger.close())
  const second = await start(dataDir)
  t.not(portOf(second), portOf(first))
  t.match(await command(second.url, { count: 'x' }), { ok: true, fields: { n: 1 } })
  await second.stop()
  const third = await start(dataDir)
  t.equal(third.url, second.url, 'and stays there')
  await third.stop()
})

t.test('a folder whose memory does not fit its data still starts, with the data', async t => {
  const dataDir = await folder(t)
  const first = await start(dataDir)
  await command(first.url, { insert: 'x', documents: [{ a: 1 }], writeConcern: durable })
  await first.stop()
  const memory = join(dataDir, 'mongod.json')
  const port = await freePort(undefined)
  await writeFile(memory, JSON.stringify({ ...JSON.parse(await readFile(memory, 'utf8')), port }))
  const second = await start(dataDir)
  t.teardown(second.stop)
  t.equal(portOf(second), port)
  t.match(await command(second.url, { count: 'x' }), { ok: true, fields: { n: 1 } })
})

t.test('two servers do not share a data folder', async t => {
  const dataDir = await folder(t)
  const mongod = await start(dataDir)
  t.teardown(mongod.stop)
  await t.rejects(start(dataDir), FolderInUse)
})

t.test('what a killed server left running is adopted, with its data', async t => {
  const dataDir = await folder(t)
  const { url, pid } = await startAndKill(dataDir)
  t.ok(await processIdentity(pid), 'mongod outlives the server')
  const said: string[] = []
  const adopted = await start(dataDir, sentence => said.push(sentence))
  t.match(adopted, { url, pid })
  t.match(said, [/^Taking over/])
  await adopted.stop()
  t.equal(await processIdentity(pid), undefined)
})

t.test('when nothing is remembered of it, what was left running is stopped and started anew', async t => {
  const dataDir = await folder(t)
  const { pid } = await startAndKill(dataDir)
  await rm(join(dataDir, 'mongod.json'))
  const mongod = await start(dataDir)
  t.not(mongod.pid, pid)
  t.equal(await processIdentity(pid), undefined)
  await mongod.stop()
})

t.test('a mongod that ends at once is told with the place of its log', async t => {
  const dataDir = await folder(t)
  const binary = join(
    t.testdir({ mongod: '#!/bin/sh\n[ "$1" = --version ] && echo "db version v6.0.9" || exit 14\n' }),
    'mongod',
  )
  await chmod(binary, 0o755)
  const failing = startMongod({ dataDir, onProgress: () => undefined, environment: { MONGOD_BINARY: binary } })
  await t.rejects(failing, { message: /ended at its start: .*mongod\.log/ })
  await t.resolves(
    start(dataDir).then(({ stop }) => stop()),
    'and the folder is free again',
  )
})

/** Runs a server in a process of its own and kills it as the system would. */
async function startAndKill(dataDir: string): Promise<{ readonly url: string; readonly pid: number }> {
  const script = `
    import { startMongod } from './server/launch/embedded-mongod.ts'
    const { url, pid } = await startMongod({ dataDir: process.argv[1], onProgress: () => undefined })
    console.log(JSON.stringify({ url, pid }))
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script, dataDir], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const started = JSON.parse(await firstLine(child))
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.match(JSON.parse(await readFile(join(dataDir, 'mongod.json'), 'utf8')), { pid: started.pid })
  return started
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no output is captured')
  const [line] = await once(stdout, 'data')
  return String(line)
}
