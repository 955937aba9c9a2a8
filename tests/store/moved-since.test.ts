/**
 * Where rows stood that changed since a first page, when a writer comes between the two questions that find it out: the
 * store is a script, since no test can make a real one commit in just that moment. `docs/decisions/0044-pages-of-one-moment.md`
 */
import t from 'tap'
import { movedSince } from '../../server/interactions/first-read.ts'
import type { Context } from '../../server/interactions/interaction.ts'
import type { Former, Parts } from '../../server/store/store.ts'

const at = 100_000
/** A write of the ten seconds before the first page. */
const justBefore = 95_000
const after = 100_500
const end = 50

const version = (_id: string, number: number, place: number, [updated, ended]: readonly [number, number?]): Former => ({
  ...{
    _id,
    id: _id,
    type: 'Observation',
    version: number,
    updated,
    date: place,
    tie: 0,
    search: {} as Former['search'],
  },
  ...(ended === undefined ? {} : { ended }),
})

/** A store that answers as it is told, question by question. */
function answering(formers: readonly (readonly Former[])[], current: readonly Former[]) {
  const asked = { formers: 0, placed: 0 }
  const store = {
    formers: async () => formers[Math.min(asked.formers++, formers.length - 1)] ?? [],
    placed: async () => {
      asked.placed += 1
      return current
    },
  }
  return { asked, context: { store } as unknown as Context }
}

async function placesOf(context: Context): Promise<Readonly<Record<string, number | undefined>>> {
  const moved = await movedSince<number>(context, {
    places: [[] as Parts],
    first: { at, end, seen: '' as never },
    placeOf: ({ date }) => date,
    compare: (one, other) => one - other,
  })
  if (!moved.ok) throw new Error('too many')
  return Object.fromEntries([...moved.value].map(([_id, { place }]) => [_id, place]))
}

const first = version('x', 1, 60, [1000, justBefore])
const then = version('x', 2, 80, [justBefore, after])
const now = version('x', 3, 10, [after])
const untouched = version('x', 2, 80, [justBefore])

t.test('a row that nobody overtakes stands where its version of that moment stands', async t => {
  const { asked, context } = answering([[first]], [untouched])
  t.same(await placesOf(context), { x: 80 })
  t.same(asked, { formers: 1, placed: 1 }, 'and nothing is asked twice')
})

for (const [sentence, current] of [
  ['overtaken between the questions', [now]],
  ['overtaken, and hidden by it, between the questions', []],
  ['deleted between the questions', []],
] as const)
  t.test(`a row that is ${sentence} stands where its version of that moment stood`, async t => {
    const { asked, context } = answering([[first], [first, then]], current)
    t.same(await placesOf(context), { x: 80 })
    t.same(asked, { formers: 2, placed: 1 })
  })

t.test('a version that is told as current, and then as superseded, is one version', async t => {
  // It left the place before the end of the first page, which did not see it there: the write was under way.
  const left = version('x', 2, 20, [justBefore, after])
  const other = version('y', 1, 70, [1000, justBefore])
  const otherThen = version('y', 2, 90, [justBefore, after])
  const { context } = answering(
    [
      [first, other],
      [first, left, other, otherThen],
    ],
    [version('x', 2, 20, [justBefore])],
  )
  t.same(await placesOf(context), { x: 60, y: 90 })
})
