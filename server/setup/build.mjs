/** Compiles the product and cuts FHIR's definitions down to what it needs, when their sources changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digest, root, runNode, step } from './steps.mjs'

const stamps = join(root, 'dist', 'stamps.json')

/** Each product of the build: what it is made of, how it is recognised, and how it is made. In order. */
const products = [
  {
    name: 'program',
    says: 'Compiling',
    made: 'dist/server',
    from: ['resources', 'profiles', 'search', 'security', 'server', 'tsconfig.json', 'tsconfig.build.json'],
    counts: path => /\.ts$|tsconfig/.test(path),
    make: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  },
  {
    name: 'definitions',
    says: 'Preparing the definitions of FHIR R4',
    made: 'dist/definitions',
    from: ['server/definitions', 'package-lock.json'],
    counts: () => true,
    make: ['dist/server/definitions/generate.js'],
  },
]

export async function build() {
  const before = existsSync(stamps) ? JSON.parse(readFileSync(stamps, 'utf8')) : {}
  for (const { name, says, made, from, counts, make } of products) {
    const now = digest(from, counts)
    if (before[name] === now && existsSync(join(root, made))) continue
    await step(says, () => runNode(make))
    before[name] = now
    mkdirSync(join(root, 'dist'), { recursive: true })
    writeFileSync(stamps, JSON.stringify(before))
  }
}
