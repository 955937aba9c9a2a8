/**
 * A write that begins after a request for a first page and is committed before the page is read: no row comes twice for
 * it, and none is lost. `docs/decisions/0044-pages-of-one-moment.md`
 */
import t from 'tap'
import type { MongoStore } from '../../server/store/mongo-store.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startComposed } from './composed.ts'
import { bundleOf, idsOf, nextOf, statusesOf } from './rest.ts'

t.setTimeout(240_000)

/** What happens before the next rows are read. */
const meanwhile: { does: (() => Promise<void>) | undefined; reads?: number } = { does: undefined }

async function beforeReading(): Promise<void> {
  const { does, reads = 0 } = meanwhile
  if (reads > 0) {
    meanwhile.reads = reads - 1
    return
  }
  meanwhile.does = undefined
  await does?.()
}

/** The store, with a door before each read of a page. */
const withDoor = (store: MongoStore): MongoStore => ({
  ...store,
  page: request => beforeReading().then(() => store.page(request)),
  typesPage: request => beforeReading().then(() => store.typesPage(request)),
  sortRows: request => beforeReading().then(() => store.sortRows(request)),
})

/** Every look at the clock is a millisecond later, at least. */
let last = 0
const now = (): number => {
  last = Math.max(last + 1, Date.now())
  return last
}

const rest = await startComposed(t, { now, store: withDoor })

const many = 8

/** `rank` is the place in every order. */
const observation = (id: string, patient: string, rank: number) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: String.fromCharCode(97 + rank) } },
  ...{ subject: { reference: `Patient/${patient}` }, effectiveDateTime: `2024-01-${String(10 + rank)}` },
  valueQuantity: { value: rank },
})

async function patientWith(patient: string): Promise<readonly string[]> {
  const ids = Array.from({ length: many }, (_, n) => `${patient}-${n}`)
  const entries = ids.map((id, n) => ['PUT', `Observation/${id}`, observation(id, patient, n + 1)] as const)
  const owner = ['PUT', `Patient/${patient}`, { resourceType: 'Patient', id: patient }] as const
  const answer = await rest.post('', bundleOf('transaction', [owner, ...entries]))
  if (statusesOf(answer).some(status => status !== 201)) throw new Error(answer.bytes.toString())
  return ids
}

async function walk(first: string): Promise<readonly string[]> {
  const found: string[] = []
  for (let page: string | undefined = first; page !== undefined; ) {
    const answer = await rest.get(page)
    if (answer.status !== 200) throw new Error(answer.bytes.toString())
    found.push(...idsOf(answer))
    page = nextOf(answer)
  }
  return found
}

const addresses = {
  'their dates': 'Observation?',
  'an index': 'Observation?_sort=date&',
  memory: 'Observation?_sort=value-quantity&',
  'several types': '?_type=Observation,DiagnosticReport&_sort=date&',
} as const

/** Which row is changed, and where it goes. */
const moves = [
  ['from the first page behind it', 0, 20],
  ['from behind the first page onto it', many - 1, 0],
  ['within the first page', 1, 0],
  ['behind the first page', many - 1, 3],
] as const

let patients = 0
for (const [order, address] of Object.entries(addresses))
  for (const [where, row, rank] of moves)
    t.test(`a row moves ${where}, in the order of ${order}`, async t => {
      patients += 1
      const patient = `p${patients}`
      const ids = await patientWith(patient)
      meanwhile.does = async () => {
        const id = ids[row] ?? ''
        t.equal((await rest.put(`Observation/${id}`, observation(id, patient, rank))).status, 200)
      }
      const found = await walk(`${address.startsWith('?') ? rest.base : ''}${address}patient=${patient}&_count=3`)
      t.equal(meanwhile.does, undefined, 'it was written')
      t.same([...found].sort(), ids, 'each comes once')
    })

t.test('what is created meanwhile comes once or not at all', async t => {
  for (const [n, address] of Object.values(addresses).entries()) {
    const patient = `new${n}`
    const ids = await patientWith(patient)
    for (const rank of [0, 20]) {
      const id = `${patient}-new-${rank}`
      meanwhile.does = async () => void (await rest.put(`Observation/${id}`, observation(id, patient, rank)))
      const found = await walk(`${address.startsWith('?') ? rest.base : ''}${address}patient=${patient}&_count=3`)
      t.equal(new Set(found).size, found.length)
      t.same(
        ids.filter(each => !found.includes(each)),
        [],
      )
      await rest.delete(`Observation/${id}`)
    }
  }
})

for (const count of [3, many - 1, many, 20])
  t.test(
    `a row that loses its date, or gets one, between the reading of those with one and those without comes once, ${count} a page`,
    async t => {
      patients += 1
      const patient = `p${patients}`
      const ids = await patientWith(patient)
      const undated = (id: string) => ({ ...observation(id, patient, 1), effectiveDateTime: undefined })
      for (const id of ids.slice(2)) await rest.put(`Observation/${id}`, undated(id))
      meanwhile.reads = 1
      meanwhile.does = async () => void (await rest.put(`Observation/${ids[0]}`, undated(ids[0] ?? '')))
      const found = await walk(`Observation?_sort=date&patient=${patient}&_count=${count}`)
      t.equal(meanwhile.does, undefined, 'it was written')
      t.same([...found].sort(), ids)
      for (const [dated, gaining] of [
        ['one', 7],
        ['nobody', 2],
      ] as const) {
        if (dated === 'nobody') for (const id of ids) await rest.put(`Observation/${id}`, undated(id))
        meanwhile.reads = 1
        const id = ids[gaining] ?? ''
        meanwhile.does = async () => void (await rest.put(`Observation/${id}`, observation(id, patient, 0)))
        const others = await walk(`Observation?_sort=date&patient=${patient}&_count=${count}`)
        t.equal(meanwhile.does, undefined, 'it was written')
        t.same([...others].sort(), ids, `who gets one where ${dated} had one`)
      }
    },
  )

const totalOf = ({ json }: Answer): unknown => select(json, '/total')[0]

for (const [order, address] of Object.entries(addresses))
  t.test(`the total is that of the rows that the pages show, in the order of ${order}`, async t => {
    patients += 1
    const patient = `p${patients}`
    const ids = await patientWith(patient)
    const url = `${address.startsWith('?') ? rest.base : ''}${address}patient=${patient}&status=final&_count=3&_total=accurate`
    const first = await rest.get(url)
    t.equal(totalOf(first), many)
    const create = () => rest.post('Observation', { ...observation('', patient, 5), id: undefined })
    const change = (at: number, more: object = {}) =>
      rest.put(`Observation/${ids[at]}`, { ...observation(ids[at] ?? '', patient, 9), ...more })
    await create()
    const second = await rest.get(nextOf(first) ?? '')
    t.equal(totalOf(second), many, 'what is new is no match of then')
    await change(1)
    await change(7)
    await change(1)
    t.equal(totalOf(await rest.get(nextOf(first) ?? '')), many, 'what was changed is')
    await rest.delete(`Observation/${ids[0]}`)
    await change(4, { status: 'amended' })
    await create()
    const third = await rest.get(nextOf(second) ?? '')
    const linkOf = (relation: string): string => String(select(third.json, `/link/[relation=${relation}]/url`)[0])
    const back = await rest.get(linkOf('previous'))
    const self = await rest.get(linkOf('self'))
    t.same([third, back, self].map(totalOf), [many - 2, many - 2, many - 2], 'what is gone is not')
    t.equal(totalOf(await rest.get(linkOf('first'))), many, 'the first page is of another moment')
    t.equal(totalOf(await rest.get(`${linkOf('previous')}&_count=0`)), many - 2)
    const untold = await rest.get(url.replace('&_total=accurate', ''))
    t.equal(totalOf(await rest.get(nextOf(untold) ?? '')), undefined)
  })
