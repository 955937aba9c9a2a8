/** Where a mongod is looked for, in which order, and what is said when there is none. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  type Environment,
  findMongod as findAnywhere,
  MongodNotFound,
  type OnProgress,
  type Source,
  sources,
} from '../../server/launch/find-mongod.ts'

/** A program that tells a version as mongod does. */
async function program(path: string, version: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho "db version v${version}"\n`)
  await chmod(path, 0o755)
  return path
}

/** A machine with nothing but what is put on it. */
async function machine(folder: string) {
  const environment = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') }
  const cache = join(folder, 'cache', 'dossier-medical-partage')
  await mkdir(environment.PATH, { recursive: true })
  return { environment, onPath: join(environment.PATH, 'mongod'), cached: join(cache, 'mongod-wheel-6.0.5') }
}

const silent = (): void => undefined

/** Downloads are not for tests: in their place stands one that always fails. */
const failing: Source = { name: 'a download', notice: 'Obtaining', offers: async () => 'the network is away' }

const findMongod = (environment: Environment, onProgress: OnProgress) =>
  findAnywhere(environment, onProgress, [...sources.slice(0, 3), failing])

t.test('MONGOD_BINARY comes before the PATH, the PATH before the cache', async t => {
  const { environment, onPath, cached } = await machine(t.testdir())
  await program(cached, '6.0.5')
  t.match(await findMongod(environment, silent), { binary: cached, version: '6.0.5' })
  await program(onPath, '7.0.1')
  t.match(await findMongod(environment, silent), { binary: onPath, version: '7.0.1' })
  const named = await program(join(t.testdirName, 'mine', 'mongod'), '8.0.4')
  t.match(await findMongod({ ...environment, MONGOD_BINARY: named }, silent), { binary: named, version: '8.0.4' })
})

t.test('a program that is too old, cannot run or is another one is passed over, and said', async t => {
  const { environment, onPath, cached } = await machine(t.testdir())
  await program(onPath, '5.0.9')
  await program(cached, '6.0.0')
  const said: string[] = []
  const asked = { ...environment, MONGOD_BINARY: join(t.testdirName, 'absent') }
  t.match(await findMongod(asked, sentence => said.push(sentence)), { binary: cached, version: '6.0.0' })
  t.match(said, [/^MONGOD_BINARY: .*absent is not there$/, /^mongod on the PATH: .* is 5\.0\.9; 6\.0 or later/])
})

t.test('the newest program of the cache is tried first, and files under download are not', async t => {
  const { environment, cached } = await machine(t.testdir())
  await program(cached, '6.0.5')
  await program(join(cached, '..', 'mongod-x64-debian-8.0.10'), '8.0.10')
  await program(join(cached, '..', 'mongod-x64-debian-8.0.11.tgz.downloading'), '8.0.11')
  t.match(await findMongod(environment, silent), { version: '8.0.10' })
})

t.test('when nothing is found, one message says what was tried and the settings that solve it', async t => {
  const { environment } = await machine(t.testdir())
  const error = await findMongod(environment, silent).then(silent, cause => cause)
  t.ok(error instanceof MongodNotFound)
  for (const word of [
    'MONGOD_BINARY: not set',
    'mongod on the PATH: not there',
    'the cache: none in',
    'a download: the network is away',
    'Set MONGOD_BINARY',
    'MONGODB_URL',
    'python3-pip',
    'libcurl4',
  ]) {
    t.match(error?.message, word)
  }
})
