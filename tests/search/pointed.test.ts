/** What the keys of a row say that it refers to is what its JSON says: of every type and reference parameter of R4. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { compileFollow } from '../../search/inclusion.ts'
import { pointedBy, pointedByKeys } from '../../search/pointed.ts'
import { root } from '../../server/root.ts'
import { randomResources } from '../support/random-resource.ts'
import { base, catalog, index, unwrap } from './served.ts'

t.setTimeout(240_000)

const structures = JSON.parse(readFileSync(join(root, 'dist', 'definitions', 'structures.json'), 'utf8'))
const follow = unwrap(compileFollow(catalog, base))
const told = pointedByKeys(catalog, structures)

const byKeys = (resource: Resource, code: string): readonly string[] =>
  pointedBy(index(resource).token, code).map(({ type, id }) => `${type}/${id}`)

/** The other ways to write the text of a reference. */
const texts: readonly (readonly [sentence: string, text: string, followed: readonly string[]])[] = [
  ['a reference here', 'Practitioner/a', ['Practitioner/a']],
  ['a version', 'Practitioner/a/_history/2', ['Practitioner/a']],
  ['a version of a version', 'Practitioner/a/_history/2/_history/3', []],
  ['an absolute URL under the own base', `${base}/Practitioner/a`, ['Practitioner/a']],
  ['the same with a version', `${base}/Practitioner/a/_history/1`, ['Practitioner/a']],
  ['an absolute URL elsewhere', 'https://elsewhere.test/fhir/Practitioner/a', []],
  ['the own base twice', `${base}/${base}/Practitioner/a`, []],
  ['something contained', '#a', []],
  ['something contained with a path', '#Practitioner/a', []],
  ['a URN', 'urn:uuid:00000000-0000-4000-8000-000000000001', []],
  ['criteria', 'Practitioner?identifier=a', []],
  ['a slash before', '/Practitioner/a', []],
  ['a slash behind', 'Practitioner/a/', []],
  ['no id', 'Practitioner/', []],
  ['no type', 'a', []],
  ['a small letter', 'practitioner/a', []],
  ['an id that is too long', `Practitioner/${'a'.repeat(65)}`, []],
  ['a text that is longer than a key', `https://elsewhere.test/${'b'.repeat(300)}/Practitioner/a`, []],
  ['a line break', 'Practitioner/a\n', []],
  ['nothing', '', []],
  ['another type', 'Organization/a', ['Organization/a']],
  ['a type that is not served', 'Nonsense/a', ['Nonsense/a']],
]

for (const [sentence, text, expected] of texts)
  t.test(`${sentence} is followed alike`, async t => {
    const resource: Resource = {
      resourceType: 'Observation',
      id: 'o',
      performer: [{ reference: text }, { reference: 'Practitioner/last' }],
    }
    const asked = { source: 'Observation', code: 'performer' }
    t.same(follow(asked, resource), [...expected, 'Practitioner/last'])
    t.same(byKeys(resource, 'performer'), [...expected, 'Practitioner/last'])
  })

t.test('identifiers, a display and parameters whose names begin alike lead nowhere else', async t => {
  const resource: Resource = {
    resourceType: 'Observation',
    id: 'o',
    subject: { reference: 'Patient/p' },
    performer: [
      { identifier: { system: 'urn:s', value: 'Practitioner/not' } },
      { display: 'Practitioner/neither' },
      { reference: 'Practitioner/a', identifier: { value: 'x' } },
    ],
    partOf: [{ reference: 'Procedure/b' }],
  }
  t.same(byKeys(resource, 'performer'), ['Practitioner/a'])
  t.same(byKeys(resource, 'part-of'), ['Procedure/b'])
  t.same(byKeys(resource, 'part'), [])
})

t.test(
  'the patient of a record has no key, and canonical URLs have keys like references: their JSON is followed',
  async t => {
    const none = ['Observation:subject', 'Observation:patient', 'Patient:identifier', 'Bundle:composition']
    const canonical = ['Procedure:instantiates-canonical', 'SearchParameter:derived-from', 'PlanDefinition:definition']
    for (const name of [...none, ...canonical]) t.notOk(told.has(name), name)
    for (const name of ['Observation:performer', 'Provenance:target', 'List:item', 'Consent:data', 'Patient:link'])
      t.ok(told.has(name), name)
    const resource: Resource = { resourceType: 'Procedure', instantiatesCanonical: ['PlanDefinition/a'] }
    t.same(byKeys(resource, 'instantiates-canonical'), ['PlanDefinition/a'])
    t.same(follow({ source: 'Procedure', code: 'instantiates-canonical' }, resource), [])
  },
)

/** Other runs by `SEED=…`; a failure names its own seed and path. */
const seed = Number(process.env.SEED ?? 20261130)
const randomOf = randomResources(structures)
let pointed = 0

for (const { type, parameters } of catalog.types.values()) {
  const codes = [...parameters.keys()].filter(code => told.has(`${type}:${code}`))
  if (codes.length === 0) continue
  t.test(`${type}: ${codes.length} parameters`, async t => {
    fc.assert(
      fc.property(randomOf(type), resource => {
        for (const code of codes) {
          const [keys, json] = [byKeys(resource, code), follow({ source: type, code }, resource)]
          pointed += json.length
          if (keys.join() !== json.join()) throw new Error(`${code}: the keys say ${keys}, the JSON ${json}`)
        }
      }),
      { seed, numRuns: 30 },
    )
    t.pass()
  })
}

t.test('enough was followed to tell', async t => t.ok(pointed > 500, `${pointed} references`))
