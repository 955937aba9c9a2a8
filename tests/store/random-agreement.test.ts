/** Random resources of every served type and random searches by every kind of parameter: MongoDB finds what `matches()` finds. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { matches } from '../../search/matches.ts'
import type { Query } from '../../search/query.ts'
import { root } from '../../server/root.ts'
import { catalog, entryOf, index, search } from '../search/served.ts'
import { randomQueries } from '../support/random-query.ts'
import { randomResources } from '../support/random-resource.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, newKey } from './rows.ts'

t.setTimeout(240_000)

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const structures = read('dist/definitions/structures.json')
const statement: readonly { readonly type: string }[] = read('capability-statement.json').rest[0].resource

/** Those of the statement, and those that have numbers and URIs to ask for, of which the statement has few. */
const withNumbers = ['RiskAssessment', 'ValueSet', 'ChargeItem', 'MolecularSequence']
const types = [...new Set([...statement.map(({ type }) => type), ...withNumbers])].flatMap(
  type => catalog.types.get(type) ?? [],
)

/** Other runs by `SEED=…`; a failure names its own seed and path. */
const seed = Number(process.env.SEED ?? 20261130)
const perType = 40
const timesOf = (kind: string): number => (kind === 'composite:' ? 120 : 40)

const { store } = await opened(t)
const patient = newKey()
const randomOf = randomResources(structures, { depth: 2 })
const resources = types.flatMap(({ type }) =>
  fc
    .sample(randomOf(type), { numRuns: perType, seed })
    .map((sample, at): Resource => ({ ...sample, id: at % 9 === 0 ? 'a' : `r${at}` })),
)
const rows = resources.map(resource => {
  const { id, type, status, updated } = entryOf(resource)
  return aRow(patient, { id, type, status, updated, search: index(resource), resource })
})
for (const { type } of types)
  await store.commit(aUnit({ writes: rows.filter(row => row.type === type).map(row => created(row)) }))

async function compare(type: string, query: Query): Promise<number> {
  const expected = rows.filter(row => row.type === type && matches(query, row)).map(({ _id }) => _id)
  const request = aPage(patient, { type, query, limit: perType })
  const [found, counted] = await Promise.all([store.page(request), store.count(request)])
  const [one, other] = [found.map(({ _id }) => _id).sort(), expected.sort()]
  if (one.join() !== other.join() || counted !== one.length)
    throw new Error(`MongoDB finds ${one} and counts ${counted}, matches() finds ${other}`)
  return one.length
}

/** A value of another kind than the parameter's is refused; those are not compared. */
const refusals = new Set(['badParameter', 'unknownParameter', 'tooCostly'])

for (const [kind, queries] of randomQueries(types, resources))
  t.test(`${kind} finds the same in MongoDB and in memory`, async t => {
    const tally = { some: 0, none: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(queries, async ({ type, query }) => {
        const parsed = search(type, query)
        if (!parsed.ok) {
          if (!refusals.has(parsed.failure.kind)) throw new Error(JSON.stringify(parsed.failure))
          tally.refused += 1
          return
        }
        const found = await compare(type, parsed.value.query)
        tally[found === 0 ? 'none' : 'some'] += 1
      }),
      { seed, numRuns: timesOf(kind) },
    )
    t.ok(tally.some > 0, JSON.stringify(tally))
  })
