/** Pages while a writer inserts, changes and deletes all the time: no row comes twice, and none is lost that was there and stayed. */
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { bundleOf, idsOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })

const observation = (id: string, tag: string, day: number, text = 'as it was') => ({
  ...{
    resourceType: 'Observation',
    id,
    status: day % 2 === 0 ? 'final' : 'amended',
    code: { coding: [{ code: tag }], text },
  },
  ...{ subject: { reference: 'Patient/ann' }, effectiveDateTime: `2024-01-0${day}` },
})

interface Writer {
  turns: number
  isOver: boolean
}

/** So many turns that a walk ends also in an order at whose end what is new appears. */
const mostTurns = 60

/** Writes without a pause until it is told to stop: one more, one changed, one deleted. */
async function disturb(
  tag: string,
  ids: { readonly changed: readonly string[]; readonly gone: readonly string[] },
  writer: Writer,
) {
  for (; !writer.isOver && writer.turns < mostTurns; writer.turns += 1) {
    const { turns } = writer
    const [at = '', gone] = [ids.changed[turns % ids.changed.length], ids.gone[turns]]
    const answers = await Promise.all([
      rest.put(`Observation/${tag}-new-${turns}`, observation(`${tag}-new-${turns}`, tag, 1 + (turns % 5))),
      rest.put(`Observation/${at}`, observation(at, tag, 1 + (turns % 5), `changed ${turns}`)),
      ...(gone === undefined ? [] : [rest.delete(`Observation/${gone}`)]),
    ])
    const failed = answers.find(({ status }) => status >= 300)
    if (failed !== undefined) throw new Error(failed.bytes.toString())
  }
}

const dayOf = (id: string): number => 1 + (Number(id.split('-').at(-1)) % 5)

/** Turns all pages while the writer writes: at least one turn of it lies between two pages. */
async function walk(first: string, tag: string, ids: Parameters<typeof disturb>[1]) {
  const writer: Writer = { turns: 0, isOver: false }
  const writing = disturb(tag, ids, writer).finally(() => {
    writer.isOver = true
  })
  const found: string[] = []
  for (let url: string | undefined = first; url !== undefined; ) {
    const page = await rest.get(url)
    if (page.status !== 200) throw new Error(page.bytes.toString())
    found.push(...idsOf(page))
    for (const before = writer.turns; writer.turns === before && !writer.isOver; ) await setTimeout(2)
    url = nextOf(page)
  }
  writer.isOver = true
  await writing
  return { found, turns: writer.turns }
}

const orders: readonly (readonly [name: string, sort: string])[] = [
  ['their date', ''],
  ['date', '&_sort=date'],
  ['date, descending', '&_sort=-date'],
  ['_id', '&_sort=_id'],
  ['_id, descending', '&_sort=-_id'],
  ['a parameter', '&_sort=status'],
  ['several parameters', '&_sort=status,-date,_id'],
  ['last update', '&_sort=_lastUpdated'],
  ['last update, descending', '&_sort=-_lastUpdated'],
]

for (const [at, [name, sort]] of orders.entries())
  t.test(`ordered by ${name}, three to a page`, async t => {
    const tag = `order${at}`
    const ids = Array.from({ length: 40 }, (_, n) => `${tag}-${n}`)
    const puts = ids.map(id => ['PUT', `Observation/${id}`, observation(id, tag, dayOf(id))] as const)
    t.same(new Set(statusesOf(await rest.post('', bundleOf('transaction', puts)))), new Set([201]))
    const [gone, changed, untouched] = [ids.slice(0, 8), ids.slice(8, 24), ids.slice(24)]
    const { found, turns } = await walk(`Observation?patient=ann&code=${tag}${sort}&_count=3`, tag, { gone, changed })
    t.ok(turns > 8, 'it wrote all the time')
    t.equal(new Set(found).size, found.length, 'none comes twice')
    t.same(
      [...untouched, ...changed].filter(id => !found.includes(id)),
      [],
      'none is lost',
    )
  })
