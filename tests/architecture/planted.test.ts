/** The rules of the architecture find what is planted, and let be what only looks like it. */
import t from 'tap'
import { noAddressOfMachines } from './everywhere.ts'
import { cycles, noWorld, oneHome, order, restrictAtHome, serverOrder } from './imports.ts'
import { pure } from './purity.ts'
import {
  fileSize,
  functionSize,
  limits,
  noCompilerEscape,
  noForbiddenConstruct,
  parameterCount,
  tellingName,
} from './shape.ts'
import { parse, type Rule } from './source.ts'

const lines = (count: number): string => 'f()\n'.repeat(count)

const planted: Readonly<
  Record<string, { rule: Rule; path?: string; caught: readonly string[]; letBe: readonly string[] }>
> = {
  'the order of folders': {
    rule: order,
    path: 'search/a.ts',
    caught: [
      "import { b } from '../security/b.ts'",
      "import type { B } from '../server/store/b.ts'",
      "export { b } from '../security/b.ts'",
      "export * from '../tests/b.ts'",
      "type B = import('../server/b.ts').B",
      "const b = await import('../server/b.ts')",
      "import '../fixtures/b.ts'",
    ],
    letBe: ["import { b } from './b.ts'", "import { b } from '../resources/b.ts'", "const s = '../server/b.ts'"],
  },
  'the homes of libraries': {
    rule: oneHome,
    path: 'server/routes.ts',
    caught: [
      "import fastify from 'fastify'",
      "import type { FastifyRequest } from 'fastify'",
      "import { cors } from '@fastify/cors'",
      "import { Long } from 'bson'",
      "import { MongoClient } from 'mongodb'",
      "const { MongoClient } = await import('mongodb/lib/index.js')",
      "import stranger from 'left-pad'",
    ],
    letBe: ["import { join } from 'node:path'", "import { a } from './mongodb.ts'", "// import 'mongodb'"],
  },
  'no module of Node in a pure folder': {
    rule: noWorld,
    path: 'resources/a.ts',
    caught: ["import { readFile } from 'node:fs/promises'", "import type { Server } from 'node:http'"],
    letBe: ["import { b } from './node.ts'"],
  },
  'interactions and the web': {
    rule: serverOrder,
    path: 'server/interactions/read.ts',
    caught: ["import { a } from '../http/headers.ts'", "import type { A } from '../app.ts'"],
    letBe: ["import type { Store } from '../store/store.ts'", "import { a } from '../page-links.ts'"],
  },
  'the store and interactions': {
    rule: serverOrder,
    path: 'server/store/mongo-store.ts',
    caught: ["import { read } from '../interactions/read.ts'"],
    letBe: ["import { a } from './to-mongo.ts'"],
  },
  'who builds restrictions': {
    rule: restrictAtHome,
    path: 'server/interactions/read.ts',
    caught: [
      "import { restrict } from '../../security/restriction.ts'",
      "import { restrict as free } from '../../security/restriction.ts'",
      "import * as all from '../../security/restriction.ts'",
      "export { restrict } from '../../security/restriction.ts'",
      "export * from '../../security/restriction.ts'",
      "const { restrict } = await import('../../security/restriction.ts')",
    ],
    letBe: [
      "import type { Restriction } from '../../security/restriction.ts'",
      "import { systemRestriction } from '../../security/system-restriction.ts'",
    ],
  },
  purity: {
    rule: pure,
    path: 'security/decide.ts',
    caught: [
      'const now = Date.now()',
      'const now = new Date()',
      'const now = new Date',
      'const now = Date()',
      'const pick = Math.random()',
      'process.exit(1)',
      'const { env } = process',
      'const o = { process }',
      'console.log(1)',
      "await fetch('http://x')",
      'crypto.randomUUID()',
      'setTimeout(f, 1)',
      'const later = setTimeout',
      'globalThis.process',
      "const fs = require('fs')",
      'performance.now()',
      'const here = import.meta.url',
      'class A { at = Date.now() }',
    ],
    letBe: [
      'const day = new Date(0)',
      'const day = new Date(year, 1)',
      'const at = Date.UTC(2020, 1)',
      'const x = Math.max(1, 2)',
      'const f = (process: string) => process.length',
      'const f = (console: Console) => console.log',
      'const o = { process: 1, fetch: 2 }; o.process',
      'const { fetch } = store; fetch()',
      'interface A { crypto: string; fetch(): void }',
      'const f = (now: Date) => now.getTime()',
      '// Date.now() would be wrong here',
      "const s = 'process'",
      'const f = (clock: { now(): number }) => clock.now()',
      'import { performance } from "./performance.ts"; performance()',
    ],
  },
  'the length of a file': {
    rule: fileSize,
    caught: [lines(limits.fileLines + 1)],
    letBe: [lines(limits.fileLines), `${lines(limits.fileLines)}\n\n`],
  },
  'the length of a function': {
    rule: functionSize,
    caught: [
      `function a() {\n${lines(limits.functionLines)}}`,
      `const a = () => {\n${lines(limits.functionLines)}}`,
      `class A { a() {\n${lines(limits.functionLines)}} }`,
    ],
    letBe: [`function a() {\n${lines(limits.functionLines - 2)}}`, `const table = [\n${'1,\n'.repeat(60)}]`],
  },
  'the number of parameters': {
    rule: parameterCount,
    caught: ['function f(a, b, c, d) {}', 'const f = (a, b, c, d) => a', 'class A { constructor(a, b, c, ...d) {} }'],
    letBe: [
      'function f(a, b, c) {}',
      'function f(this: A, a, b, c) {}',
      'f(1, 2, 3, 4)',
      'const f = ({ a, b, c, d }) => a',
    ],
  },
  constructs: {
    rule: noForbiddenConstruct,
    caught: [
      'let a: any',
      'const a = b as any',
      'type A = Record<string, any>',
      'const a = b!',
      'a!.b',
      'let a!: string',
      'enum A { B }',
      'namespace A {}',
      'export default 1',
      'export default function f() {}',
      'export { a as default }',
      'try { f() } catch {}',
      'try { f() } catch (e) { /* nothing */ }',
    ],
    letBe: [
      'const any = 1; f(any)',
      'const a = !b',
      'a !== b',
      "const a = 'as any'",
      'export const a = { default: 1 }',
      "declare module 'fastify' { interface A {} }",
      "import a from './a.ts'",
      'try { f() } catch (e) { throw e }',
    ],
  },
  'orders to the compiler': {
    rule: noCompilerEscape,
    caught: ['// @ts-ignore\nf()', '/* @ts-expect-error */ f()', 'f() // @ts-nocheck', 'f({\n// @ts-ignore\na: 1 })'],
    letBe: ["const a = '// @ts-ignore'", 'const a = `\n// @ts-ignore\n`', '// a comment'],
  },
}

for (const [name, { rule, path = 'server/a.ts', caught, letBe }] of Object.entries(planted)) {
  t.test(name, async t => {
    for (const text of caught) t.ok(rule(parse(path, text)).length > 0, `caught: ${text.slice(0, 60)}`)
    for (const text of letBe) t.same(rule(parse(path, text)), [], `let be: ${text.slice(0, 60)}`)
  })
}

t.test('cycles are found through types, and chains are none', async t => {
  const a = parse('search/a.ts', "import type { B } from './b.ts'")
  const b = parse('search/b.ts', "import { c } from '../resources/c.ts'")
  const back = parse('resources/c.ts', "import type { A } from '../search/a.ts'")
  const chain = parse('resources/c.ts', 'export const c = 1')
  t.same(cycles([a, b, back]), [['search/a.ts', 'search/b.ts', 'resources/c.ts']])
  t.same(cycles([a, b, chain]), [])
  t.same(cycles([parse('search/a.ts', "import './a.ts'")]), [['search/a.ts']])
})

for (const [path, says] of [
  ['server/store-manager.ts', false],
  ['search/date-helpers.ts', false],
  ['server/utils/date.ts', false],
  ['security/types.ts', false],
  ['server/common/x.ts', false],
  ['server/audit-service.ts', false],
  ['search/parameter-types.ts', true],
  ['resources/service-request.ts', true],
  ['tests/http/read.test.ts', true],
] as const) {
  t.test(`${path} ${says ? 'says' : 'does not say'} what it holds`, async t =>
    t.equal(tellingName(path).length, says ? 0 : 1),
  )
}

for (const [text, clean] of [
  [`"resolved": "https://${['registry', 'npmjs', 'org'].join('.')}/x"`, false],
  [`pip install -i https://${['pypi', 'org'].join('.')}/simple`, false],
  [`see /home/someone/${'project'}/a`, false],
  ['npm ci, then pip download', true],
] as const) {
  t.test(`${clean ? 'clean' : 'caught'}: ${text}`, async t => {
    t.equal(noAddressOfMachines('a.md', text, '/home/someone/project').length, clean ? 0 : 1)
  })
}
