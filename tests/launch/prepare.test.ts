/** The script before every command does what is missing and nothing else. It is run on a copy, with stand-ins for npm and the compiler. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'

/** Writes down that it was called, and leaves what the real program leaves. */
const standIns = {
  'npm.mjs': `
    import { cpSync, appendFileSync, mkdirSync } from 'node:fs'
    appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n')
    mkdirSync('node_modules', { recursive: true })
    cpSync('package-lock.json', 'node_modules/.package-lock.json')
    cpSync('tsc.mjs', 'node_modules/typescript/bin/tsc')`,
  'tsc.mjs': `
    const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs')
    appendFileSync('calls', 'tsc\\n')
    if (readFileSync('server/main.ts', 'utf8').includes('wrong')) process.exit(2)
    mkdirSync('dist/server/definitions', { recursive: true })
    writeFileSync('dist/package.json', '{}')
    writeFileSync('dist/server/definitions/generate.js',
      "const fs = require('node:fs'); fs.mkdirSync('dist/definitions', { recursive: true }); fs.appendFileSync('calls', 'generate\\\\n')")`,
}

const lock = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version, optional: true } } })

/** A clone in which only the scripts are real. */
async function clone(t: { teardown(done: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'dmp-prepare-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await cp(join(root, 'server', 'setup'), join(folder, 'server', 'setup'), { recursive: true })
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const [name, text] of Object.entries(standIns)) await write(name, text)
  await write('package-lock.json', lock('1.0.0'))
  await write('server/main.ts', 'export const a = 1\n')
  const calls = async (): Promise<readonly string[]> => {
    const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '')
    await rm(join(folder, 'calls'), { force: true })
    return text.split('\n').filter(line => line !== '')
  }
  return {
    write,
    calls,
    prepare: () => prepare(folder),
    remove: (path: string) => rm(join(folder, path), { recursive: true }),
  }
}

async function prepare(
  folder: string,
): Promise<{ readonly code: number; readonly output: string; readonly said: string }> {
  const env = { ...process.env, npm_execpath: join(folder, 'npm.mjs') }
  const child = spawn(process.execPath, [join(folder, 'server', 'setup', 'prepare.mjs')], { cwd: tmpdir(), env })
  let [output, said] = ['', '']
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (said += chunk))
  const [code] = await once(child, 'close')
  return { code, output, said }
}

const npmCi = 'npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error'

t.test(
  'a fresh clone: it installs, compiles and prepares the definitions, and says so on the standard error',
  async t => {
    const { prepare, calls } = await clone(t)
    const { code, output, said } = await prepare()
    t.equal(code, 0)
    t.equal(output, '')
    for (const word of ['Installing', 'Compiling', 'definitions']) t.match(said, word)
    t.same(await calls(), [npmCi, 'tsc', 'generate'])
  },
)

t.test('when nothing is missing it does nothing and says nothing', async t => {
  const { prepare, calls } = await clone(t)
  await prepare()
  await calls()
  t.match(await prepare(), { code: 0, output: '', said: '' })
  t.same(await calls(), [])
})

t.test('it does again what depends on what changed', async t => {
  const { prepare, calls, write, remove } = await clone(t)
  await prepare()
  await calls()
  await write('server/main.ts', 'export const a = 2\n')
  await prepare()
  t.same(await calls(), ['tsc'], 'a source')
  await write('server/definitions/generate.ts', 'export const a = 2\n')
  await prepare()
  t.same(await calls(), ['tsc', 'generate'], 'the generator')
  await write('package-lock.json', lock('1.0.1'))
  await prepare()
  t.same(await calls(), [npmCi, 'generate'], 'the version of a dependency')
  await remove('dist/definitions')
  await prepare()
  t.same(await calls(), ['generate'], 'a product that was removed')
})

t.test('a failure ends it with a sentence and an exit code, and is not taken for done', async t => {
  const { prepare, calls, write } = await clone(t)
  await write('server/main.ts', 'wrong')
  t.match(await prepare(), { code: 1, said: /tsc.* failed/ })
  await calls()
  t.match(await prepare(), { code: 1 })
  t.same(await calls(), ['tsc'])
})

t.test('two at once take turns: the second finds everything done', async t => {
  const { prepare, calls } = await clone(t)
  t.match(await Promise.all([prepare(), prepare()]), [{ code: 0 }, { code: 0 }])
  t.same(await calls(), [npmCi, 'tsc', 'generate'])
})
