/** What the documents name is there: files, folders, commands. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../server/root.ts'

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))

const pages = ['.', 'docs', 'docs/how-to', 'docs/decisions']
  .flatMap(pagesIn)
  .filter(page => !page.endsWith('CHANGELOG.md'))
const folders = 'resources|profiles|search|security|server|tests|docs|bench|fixtures'
/** `server/http/`, `docs/tour.md`, `tests/access`; not what has a `<name>`, a `*` or a `…` in it. */
const path = new RegExp(`\`((?:${folders})/[A-Za-z0-9_./-]*)\``, 'g')
const command = /npm run (?:--silent )?([a-z:]+)/g

const allOf = (page: string, pattern: RegExp): readonly string[] => [
  ...new Set([...readFileSync(join(root, page), 'utf8').matchAll(pattern)].map(([, found = '']) => found)),
]

/** A decision may be named by its number alone. */
function isThere(named: string): boolean {
  const [, folder = '', number] = /^(docs\/decisions\/)(\d{4})$/.exec(named) ?? []
  if (number === undefined) return existsSync(join(root, named))
  return readdirSync(join(root, folder)).some(name => name.startsWith(`${number}-`))
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

t.test('every file and folder that a document names exists', async t => {
  const named = pages.flatMap(page => allOf(page, path).map(each => [page, each] as const))
  t.ok(named.length > 100, 'there are such names')
  t.same(
    named.filter(([, each]) => !isThere(each)),
    [],
  )
})

t.test('every command that a document names is one of package.json', async t => {
  const named = pages.flatMap(page => allOf(page, command).map(each => [page, each] as const))
  t.ok(named.length > 10, 'there are such names')
  t.same(
    named.filter(([, each]) => scripts[each] === undefined),
    [],
  )
})

t.test('README and architecture name every folder of the server', async t => {
  const read = ['README.md', 'docs/architecture.md'].map(page => readFileSync(join(root, page), 'utf8')).join('\n')
  const parts = readdirSync(join(root, 'server'), { withFileTypes: true }).filter(each => each.isDirectory())
  t.same(
    parts.map(({ name }) => `server/${name}/`).filter(each => !read.includes(each)),
    [],
  )
})
