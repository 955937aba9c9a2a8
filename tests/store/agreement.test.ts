/** A search finds in MongoDB exactly what it matches in memory. */
import fc from 'fast-check'
import t from 'tap'
import { matches } from '../../search/matches.ts'
import type { Query } from '../../search/query.ts'
import { newUlid } from '../../server/new-ids.ts'
import type { Row } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, newKey, noon } from './rows.ts'

t.setTimeout(300_000)

const codes = ['code', 'date', 'value', 'v'] as const
const code = fc.constantFrom(...codes)
const value = fc.constantFrom('a', 'ab', 'b', '$gt', 'é', '\u{10ffff}', '\ud7ff', '.*', '', 'a|b')
const token = fc.tuple(code, fc.constantFrom('=', '|', '~', ':'), value).map(parts => parts.join(''))
const instant = fc.constantFrom(-8.64e15, -1, 0, noon, noon + 1, 8.64e15)
const number = fc.constantFrom(-8.64e15, -1.5, 0, 1, 1.05, 1e-9, noon, 8.64e15)
const interval = fc.tuple(code, number, number).map(([name, low, high]) => ({ name, low, high }))
const unit = fc.constantFrom<object>(
  {},
  { unit: 'mg' },
  { code: 'mg' },
  { system: 'ucum', code: 'mg', unit: 'milligram' },
)
const based = fc
  .tuple(fc.constantFrom('g', 'm-3.mol'), number, number)
  .map(([base, baseLow, baseHigh]) => ({ base, baseLow, baseHigh }))
const mask = fc.constantFrom(0, 1, 2, 3)
const documentType = fc.constantFrom('11490-0', '11502-2', 'other')
const status = fc.constantFrom('current', 'superseded', '')

const followed = fc.constantFrom('one', 'two', 'three')

const scalarOf = fc.record({
  follows: fc.uniqueArray(followed, { maxLength: 3 }),
  date: instant,
  hiddenUntil: fc.option(instant),
  documentType,
  ownMask: mask,
  status,
  depositor: fc.option(fc.constantFrom('rpps:1', 'finess:2')),
})
const values = {
  token: fc.array(token, { maxLength: 5 }),
  date: fc.array(interval, { maxLength: 3 }),
  quantity: fc.array(
    fc.tuple(interval, unit, fc.option(based)).map(([one, other, base]) => ({ ...one, ...other, ...base })),
    { maxLength: 3 },
  ),
}
const elementName = fc.constantFrom('component', 'relatesTo')
const search = fc.record(
  { ...values, elements: fc.array(fc.record({ name: elementName, ...values }), { maxLength: 3 }) },
  { requiredKeys: ['token', 'date', 'quantity'] },
)

const bounds = fc.record(
  {
    lowAtLeast: number,
    lowBelow: number,
    highAbove: number,
    highAtMost: number,
    lowAtMost: number,
    highAtLeast: number,
  },
  { requiredKeys: [] },
)
const anyInstant = fc.oneof(instant, fc.constantFrom(-9e15, 9e15, 0.5))
const askedUnit = fc.constantFrom({ system: 'ucum', code: 'mg' }, { unit: 'mg' }, { unit: 'milligram' }, { base: 'g' })

/** What is asked of keys, dates and quantities: of the row, or of one element of it. */
const ofValues: fc.Arbitrary<Query> = fc.oneof(
  fc.array(token, { maxLength: 3 }).map((keys): Query => ({ op: 'key', in: keys })),
  fc.record(
    {
      op: fc.constant('prefix' as const),
      prefix: fc.oneof(token, fc.constantFrom('', 'c', 'code=a', 'v', '\u{10ffff}')),
      except: token,
    },
    { requiredKeys: ['op', 'prefix'] },
  ),
  fc.record({
    op: fc.constant('holds' as const),
    prefix: fc.constantFrom('code=', 'code~', 'v|', 'value:'),
    text: fc.constantFrom('a', 'b', '$', '.', '*', 'é', '|b', '\u{10ffff}'),
    at: fc.constantFrom('anywhere' as const, 'end' as const),
  }),
  fc.record({ op: fc.constant('interval' as const), code, bounds }),
  fc.record(
    { op: fc.constant('quantity' as const), code, bounds, unit: askedUnit },
    { requiredKeys: ['op', 'code', 'bounds'] },
  ),
  code.map((name): Query => ({ op: 'missing', code: name })),
)

const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.constantFrom<Query>({ op: 'everything' }, { op: 'nothing' }),
  fc.array(mask).map((values): Query => ({ op: 'scalar', name: 'mask', in: values })),
  fc
    .array(fc.oneof(documentType, fc.constant(null)))
    .map((values): Query => ({ op: 'scalar', name: 'documentType', in: values })),
  fc.array(fc.constantFrom('rpps:1', null)).map((values): Query => ({ op: 'scalar', name: 'depositor', in: values })),
  fc.record({
    op: fc.constant('follows' as const),
    in: fc.array(followed, { maxLength: 2 }),
    only: fc.boolean(),
  }),
  fc.record(
    {
      op: fc.constant('instant' as const),
      name: fc.constantFrom('date' as const, 'hiddenUntil' as const),
      from: anyInstant,
      before: anyInstant,
    },
    { requiredKeys: ['op', 'name'] },
  ),
  fc.constantFrom(-8.64e15, 0, noon - 0.5, noon, noon + 1, noon + 2).map((from): Query => ({ op: 'deposited', from })),
  ofValues,
  fc
    .tuple(elementName, fc.array(ofValues, { maxLength: 2 }))
    .map(([name, of]): Query => ({ op: 'element', name, of: { op: 'and', of } })),
)
const { query } = fc.letrec<{ query: Query; parts: Query[] }>(tie => ({
  parts: fc.array(tie('query'), { maxLength: 3 }),
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: tie('parts') }),
    fc.record({ op: fc.constant('not' as const), of: tie('query') }),
  ),
}))

t.test('a search finds in MongoDB exactly what it matches in memory', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  const rows: readonly Row[] = fc
    .sample(fc.tuple(scalarOf, search), { numRuns: 150, seed: 7 })
    .map(([scalars, block], n) =>
      aRow(patient, {
        ...{ _id: `${patient}-${newUlid(noon + (n % 3))}` },
        ...scalars,
        search: block,
        ...((scalars.ownMask & 2) === 0 ? { hiddenUntil: null } : {}),
      }),
    )
  t.same(await store.commit(aUnit({ writes: rows.map(row => created(row)) })), { outcome: 'committed' })
  await fc.assert(
    fc.asyncProperty(query, async asked => {
      const expected = rows.filter(row => matches(asked, row)).map(({ _id }) => _id)
      const found = await store.page(aPage(patient, { query: asked, limit: 200 }))
      const counted = await store.count(aPage(patient, { query: asked }))
      t.same(found.map(({ _id }) => _id).sort(), expected.sort())
      t.equal(counted, expected.length)
    }),
    { numRuns: 300, seed: 11 },
  )
})
