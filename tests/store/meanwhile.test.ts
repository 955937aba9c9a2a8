/** What changes while a page is read: between what is asked of rows and what is asked of their changes. https://hl7.org/fhir/R4/http.html#paging */
import t from 'tap'
import { everything } from '../../search/query.ts'
import type { Context } from '../../server/interactions/interaction.ts'
import { alongRoad, positionIn, type Road } from '../../server/interactions/road.ts'
import type { Former, Found } from '../../server/store/store.ts'
import { aRow, newestFirst, newKey, noon, within } from './rows.ts'

const day = 86_400_000
const at = noon + day
const patient = newKey()
const seven = Array.from({ length: 7 }, (_, n) => aRow(patient, { date: noon - n * day }) as unknown as Found)

/** Rows of which some are moved to the front after each look at them. */
function restless(moved: readonly (readonly number[])[]) {
  let rows = [...seven]
  const formers: Former[] = []
  const left = [...moved]
  const change = (): void => {
    for (const place of left.shift() ?? []) {
      const former = seven[place]
      if (former === undefined) continue
      formers.push({ ...(former as unknown as Former), ended: at + 1 })
      rows = rows.map(row => (row._id === former._id ? { ...row, version: 2, updated: at + 1, date: noon + day } : row))
    }
  }
  const newest = (one: Found, other: Found): number => other.date - one.date
  const road: Road = {
    ...{ order: newestFirst, code: undefined },
    places: [[{ restriction: within(patient), type: 'DocumentReference', query: everything }]],
    async read(_parts, { after, limit }) {
      const beyond = rows.filter(row => row.updated <= at && (after === undefined || row.date < Number(after.value)))
      const found = beyond.sort(newest).slice(0, limit)
      change()
      return found
    },
  }
  const store = {
    async formers() {
      const found = [...formers]
      change()
      return found
    },
    placed: async () => [],
    among: async (_parts: unknown, ids: readonly string[]) => rows.filter(({ _id }) => ids.includes(_id)),
  }
  return { road, context: { store } as unknown as Context }
}

const end = positionIn(seven[1] as Found, newestFirst)

for (const [sentence, ...moved] of [
  ['nothing'],
  ['a row of the page', [2]],
  ['every row of the page', [2, 3, 4]],
  ['a row before it', [0]],
  ['a row after it', [6]],
  ['a row after each look', [3], [4], [2], [5], [6]],
  ['all rows', [0, 1, 2, 3, 4, 5, 6]],
] as const)
  t.test(`${sentence} moves while a page is read: none is lost, and none comes twice`, async t => {
    const { road, context } = restless(moved)
    const walk = { order: newestFirst, after: end, limit: 4 }
    const found = await alongRoad(context, road, { walk, first: { at, end, seen: new Uint8Array() } })
    t.ok(found.ok)
    if (!found.ok) return
    t.same(
      found.value.map(({ row }) => row._id),
      seven.slice(2, 6).map(({ _id }) => _id),
    )
  })
