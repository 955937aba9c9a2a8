/** Whatever stands in a resource, the compiled walkers select what FHIRPath selects: of every type and parameter of R4. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { compileExpression } from '../../resources/fhirpath.ts'
import type { Resource } from '../../resources/resource.ts'
import { compileWalker } from '../../search/compile-walker.ts'
import { root } from '../../server/root.ts'
import { randomResources } from '../support/random-resource.ts'
import { catalog, unwrap } from './served.ts'

t.setTimeout(240_000)

const structures = JSON.parse(readFileSync(join(root, 'dist', 'definitions', 'structures.json'), 'utf8'))

/** The oracle refuses to convert a Quantity with a comparator; what is selected does not depend on one. */
const randomOf = randomResources(structures, { without: new Set(['Quantity.comparator']) })

/** As a set: a union of FHIRPath holds equal values once. */
const asSet = (selected: readonly unknown[]): string =>
  [...new Set(selected.map(value => JSON.stringify(value)))].sort().join('\n')

const both = new Map<string, readonly [(resource: Resource) => string, (resource: Resource) => string]>()

/** A walker and its oracle; types share many expressions. */
function selectorsOf(expression: string, type: string) {
  const known = both.get(`${type} ${expression}`)
  if (known !== undefined) return known
  const [walk, oracle] = [unwrap(compileWalker(expression, type)), compileExpression(expression)]
  const selectors = [
    (resource: Resource) => asSet(walk(resource).map(({ value }) => value)),
    (resource: Resource) => asSet(oracle(resource)),
  ] as const
  both.set(`${type} ${expression}`, selectors)
  return selectors
}

/** Other runs by `SEED=…`; a failure names its own seed and path. */
const seed = Number(process.env.SEED ?? 20261130)
let [compared, selected] = [0, 0]

for (const { type, parameters } of catalog.types.values()) {
  t.test(`${type}: ${parameters.size} parameters`, async t => {
    const pairs = [...parameters.values()].map(({ code, expression }) => [code, selectorsOf(expression, type)] as const)
    fc.assert(
      fc.property(randomOf(type), resource => {
        for (const [code, [walk, oracle]] of pairs) {
          const [walked, expected] = [walk(resource), oracle(resource)]
          compared += 1
          if (expected !== '') selected += 1
          if (walked !== expected) throw new Error(`${code}: the walker selects ${walked}, FHIRPath ${expected}`)
        }
      }),
      { seed, numRuns: 40 },
    )
    t.pass()
  })
}

t.test('enough was selected to tell', async t => t.ok(selected > 1000, `${selected} of ${compared} selected something`))
