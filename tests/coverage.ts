/** How much of the four pure folders tests run. A run of tests that is asked for it measures them on the way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../server/root.ts'
import { pureFolders, readSources } from './architecture/source.ts'

/** Percent. A line that no test runs is a line whose meaning no test states. */
const threshold = { lines: 98, statements: 98, functions: 98, branches: 92 }

/** Declarations of types leave no code behind that could be run. */
const withoutCode = (): readonly string[] =>
  readSources(...pureFolders)
    .filter(({ text }) => /^export \{\};\s*$/.test(compiled(text)))
    .map(({ path }) => path)

function compiled(text: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, removeComments: true }
  return ts.transpileModule(text, { compilerOptions }).outputText
}

/** Prints what was measured into the folder. @returns whether every threshold is reached. */
export async function reportCoverage(profile: string): Promise<boolean> {
  const args = [
    join(root, 'node_modules', 'c8', 'bin', 'c8.js'),
    ...['report', '--all', '--reporter=text', '--temp-directory', profile],
    ...pureFolders.map(folder => `--include=${folder}/**/*.ts`),
    ...withoutCode().map(path => `--exclude=${path}`),
    '--check-coverage',
    ...Object.entries(threshold).map(([what, percent]) => `--${what}=${percent}`),
  ]
  const [code] = await once(spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }), 'exit')
  return code === 0
}
