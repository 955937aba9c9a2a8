/** Compiles the tests, and what they use that is no part of the product, into `dist/`, once for all processes of a run. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { root } from '../server/root.ts'

const folders = ['bench', 'fixtures', 'tests'] as const

/** A file stays a file. What it imports of the product is what the build of the product made. */
const apart: Plugin = {
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.?\// }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    ),
}

const sourcesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(root, folder), { recursive: true }))
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))

/** Compiles without a look at types, which is what `npm run lint` is for. @returns the sources, from the project's folder. */
export async function compileTests(): Promise<readonly string[]> {
  const sources = (await Promise.all(folders.map(sourcesIn))).flat().sort()
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outbase: '.',
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    plugins: [apart],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  })
  return sources
}
