/** How much of the four pure folders their own tests run: each file of tests by itself, and a report that has a threshold. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../server/root.ts'
import { pureFolders, readSources } from './architecture/source.ts'

/** Percent. A line that no test runs is a line whose meaning no test states. */
const threshold = { lines: 98, statements: 98, functions: 98, branches: 92 }

const profile = join(root, '.tap', 'v8')

/** Declarations of types leave no code behind that could be run. */
const withoutCode = readSources(...pureFolders)
  .filter(({ text }) => /^export \{\};\s*$/.test(compiled(text)))
  .map(({ path }) => path)

function compiled(text: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, removeComments: true }
  return ts.transpileModule(text, { compilerOptions }).outputText
}

async function node(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const stdio = environment.NODE_V8_COVERAGE === undefined ? 'inherit' : 'ignore'
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...environment }, stdio })
  const [code] = await once(child, 'exit')
  return code === 0
}

await rm(profile, { recursive: true, force: true })
const failed: string[] = []
for (const folder of pureFolders) {
  for (const { path } of readSources(`tests/${folder}`).filter(each => each.path.endsWith('.test.ts'))) {
    if (!(await node(['--import=tsx', path], { NODE_V8_COVERAGE: profile }))) failed.push(path)
  }
}

const reported = await node([
  join(root, 'node_modules', 'c8', 'bin', 'c8.js'),
  ...['report', '--all', '--reporter=text', '--temp-directory', profile],
  ...pureFolders.map(folder => `--include=${folder}/**/*.ts`),
  ...withoutCode.map(path => `--exclude=${path}`),
  '--check-coverage',
  ...Object.entries(threshold).map(([what, percent]) => `--${what}=${percent}`),
])
for (const path of failed) console.error(`${path} fails`)
process.exitCode = reported && failed.length === 0 ? 0 : 1
