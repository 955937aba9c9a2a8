/** The order of the house: which folder imports what, where a library lives, what is pure, how large things are. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { root } from '../server/root.ts'
import { noAddressOfMachines } from './architecture/everywhere.ts'
import { cycles, homes, noWorld, oneHome, order, restrictAtHome, serverOrder } from './architecture/imports.ts'
import { pure } from './architecture/purity.ts'
import {
  fileSize,
  functionSize,
  noCompilerEscape,
  noForbiddenConstruct,
  parameterCount,
  tellingName,
} from './architecture/shape.ts'
import { filesBelow, folders, nodesOf, parse, type Rule, readSources } from './architecture/source.ts'

const product = readSources(...folders)
const aside = readSources('tests', 'bench', 'fixtures')

for (const [sentence, rule] of [
  ['a folder imports only itself and those to its left', order],
  ['a library is named at its home only', oneHome],
  ['the four folders on the left import nothing of Node', noWorld],
  ['the four folders on the left have no clock, chance, network or process', pure],
  ['interactions know nothing of the web, the store nothing of interactions', serverOrder],
  ['only security/ builds a restriction', restrictAtHome],
  ['a file has 200 lines at most', fileSize],
  ['a function has 40 lines at most', functionSize],
  ['a function has three parameters at most', parameterCount],
] as const satisfies readonly (readonly [string, Rule])[]) {
  t.test(sentence, async t => t.same(product.flatMap(rule), []))
}

for (const [sentence, rule] of [
  ['no any, no non-null assertion, no enum, no default export, no empty catch', noForbiddenConstruct],
  ['no comment tells the compiler to look away', noCompilerEscape],
] as const) {
  t.test(sentence, async t => t.same([...product, ...aside].flatMap(rule), []))
}

t.test('no file imports itself through others', async t => t.same(cycles(product), []))

t.test('every file and folder has a name that says something', async t => {
  t.same(
    [...product, ...aside].flatMap(({ path }) => tellingName(path)),
    [],
  )
})

t.test('every library of the product has a home', async t => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const homeless = Object.keys(dependencies).filter(name => !(name in homes) && !name.startsWith('@fastify/'))
  t.same(homeless, [])
})

t.test('no file names a package registry or a folder of this machine', async t => {
  const texts = filesBelow('.').filter(path => /\.(?:[cm]?[jt]s|json|md|ya?ml|sh|csv)$|(?:^|\/)[^.]*$/.test(path))
  t.same(
    texts.flatMap(path => noAddressOfMachines(path, readFileSync(join(root, path), 'utf8'), root)),
    [],
  )
})

t.test('the purposes of the server’s own access are these', async t => {
  const { path, text } =
    readSources('security').find(each => each.path.endsWith('/system-restriction.ts')) ?? parse('', '')
  const purpose = nodesOf(parse(path, text).tree).find(
    node => ts.isTypeAliasDeclaration(node) && node.name.text === 'Purpose',
  )
  const purposes = (purpose === undefined ? [] : nodesOf(purpose)).flatMap(node =>
    ts.isStringLiteral(node) ? node.text : [],
  )
  t.same(purposes, [
    'gather facts',
    'resolve identifiers',
    'current version of an update',
    'jobs',
    'destroy',
    're-index',
  ])
})
