/** Every fixture: what R4 allows is accepted as it is, what it refuses is refused for the reasons listed beside it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { root } from '../../server/root.ts'

interface Expected {
  readonly code: string
  readonly expression: string
}

const fixtures = join(root, 'fixtures')
const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)

const parse = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(fixtures, file), 'utf8'))

/** The fixtures of a type that must be accepted (`valid`) or refused (`invalid`). */
async function list(type: string, folder: 'valid' | 'invalid'): Promise<readonly string[]> {
  const names = await readdir(join(fixtures, type, folder))
  return names
    .filter(name => name.endsWith('.json') && !name.endsWith('.outcome.json'))
    .map(name => `${type}/${folder}/${name}`)
}

const sorted = (issues: readonly Expected[]): readonly string[] =>
  issues.map(({ code, expression }) => `${code} ${expression}`).sort()

const types = (await readdir(fixtures)).filter(name => structures.resources.includes(name))

t.equal(types.length, 21, 'every type of the capability statement has fixtures')

for (const type of types) {
  const valid = await list(type, 'valid')
  const invalid = await list(type, 'invalid')
  t.ok(valid.length >= 2 && invalid.length >= 2, `${type} has two fixtures of each kind`)
  for (const file of valid) {
    t.test(`${file} is accepted and not changed`, async t => {
      const resource = (await parse(file)) as Resource
      const before = structuredClone(resource)
      t.same(validate(resource), { ok: true, value: before })
      t.same(resource, before)
    })
  }
  for (const file of invalid) {
    t.test(`${file} is refused, each fault with its place`, async t => {
      const answer = validate((await parse(file)) as Resource)
      const expected = (await parse(file.replace('.json', '.outcome.json'))) as readonly Expected[]
      t.notOk(answer.ok)
      if (answer.ok) return
      t.equal(answer.failure.kind, 'invalidResource')
      const found = answer.failure.complaints.map(({ code = '', expression = '' }) => ({ code, expression }))
      t.same(sorted(found), sorted(expected))
    })
  }
}
