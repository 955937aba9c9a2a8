/** A professional pages through his consents in all records: what a closed record holds is on no page, and no page is shorter for it. `access.md` sections 3 and 9 */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, patientOf, professional } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import type { Json } from './support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const close = async (record: DossierRecord): Promise<unknown> => {
  const owner = patientOf(record)
  const { json } = expectStatus(await stage.get(owner, `Patient/${record.id}`), 200)
  return expectStatus(await stage.put(owner, { ...(json as Json), active: false }), 200)
}

/** A professional who is authorised in as many records, of which some are closed. */
async function authorisedIn(rpps: string, states: string): Promise<readonly [Actor, readonly string[]]> {
  const open: string[] = []
  for (const state of states) {
    const record = await stage.open()
    const id = await stage.createOne(patientOf(record), consent(record, authorises(rpps)))
    if (state === 'x') await close(record)
    else open.push(id)
  }
  return [professional(rpps), open]
}

const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  select(json, `/link/[relation=${relation}]/url`).map(String)[0]

async function walk(actor: Actor, from: string, relation: 'next' | 'previous'): Promise<readonly Answer[]> {
  const pages: Answer[] = []
  for (let url: string | undefined = from; url !== undefined && pages.length < 20; ) {
    const page: Answer = expectStatus(await stage.get(actor, url), 200)
    pages.push(page)
    url = linkOf(page, relation)
  }
  return pages
}

/** How many rows each page has, what links, and how long these are. */
const shapeOf = (page: Answer) => ({
  rows: idsIn(page, 'Consent').length,
  relations: select(page.json, '/link/*/relation'),
  lengths: select(page.json, '/link/*/url').map(url => String(url).length),
})

const [one, some] = ['99700010305', '99700010313']
const [plain, plainIds] = await authorisedIn(one, '.....')
// Closed are the first, the last, and two that stand together: at the end of a page of two, and behind it.
const [other, openIds] = await authorisedIn(some, 'x..xx..x.x')

for (const order of [
  '',
  '&_sort=_lastUpdated',
  '&_sort=-_lastUpdated',
  '&_sort=_id',
  '&_sort=-date',
  '&_sort=status,-date',
])
  for (const count of [1, 2, 5, 6])
    t.test(`_count=${count}${order}: pages do not tell that records were closed`, async t => {
      const search = (rpps: string): string =>
        `Consent?actor:identifier=https://rpps.esante.gouv.fr|${rpps}&_count=${count}${order}`
      const [without, within] = [await walk(plain, search(one), 'next'), await walk(other, search(some), 'next')]
      for (const [pages, ids] of [
        [without, plainIds],
        [within, openIds],
      ] as const)
        t.same(pages.flatMap(page => idsIn(page, 'Consent')).sort(), [...ids].sort())
      const back = (pages: readonly Answer[], actor: Actor) =>
        Promise.resolve(linkOf(pages.at(-1) as Answer, 'previous')).then(url =>
          url === undefined ? [] : walk(actor, url, 'previous'),
        )
      const walks = [
        [without, within],
        [await back(without, plain), await back(within, other)],
      ] as const
      for (const [absent, hidden] of walks) {
        const [expected, found] = [absent.map(shapeOf), hidden.map(shapeOf)]
        t.same(
          found.map(({ rows, relations }) => [rows, relations]),
          expected.map(({ rows, relations }) => [rows, relations]),
        )
        const lengths = [expected, found].map(shapes => shapes.flatMap(each => each.lengths))
        // The digits of a place and of an instant vary.
        t.ok(
          lengths[0]?.every((length, at) => Math.abs(length - (lengths[1]?.[at] ?? 0)) < 25),
          `${lengths}`,
        )
      }
    })

t.test('a record that is closed between two pages leaves them, and nothing else does', async t => {
  const rpps = '99700010321'
  const actor = professional(rpps)
  const records: DossierRecord[] = []
  for (let n = 0; n < 6; n += 1) {
    const record = await stage.open()
    await stage.createOne(patientOf(record), consent(record, authorises(rpps)))
    records.push(record)
  }
  const search = `Consent?actor:identifier=https://rpps.esante.gouv.fr|${rpps}&_sort=_lastUpdated`
  const before = idsIn(await stage.get(actor, search), 'Consent')
  t.equal(before.length, 6)
  const first = await stage.get(actor, `${search}&_count=2`)
  await close(records[2] as DossierRecord)
  const rest = await walk(actor, linkOf(first, 'next') ?? '', 'next')
  t.same(
    rest.map(page => idsIn(page, 'Consent')),
    [before.slice(3, 5), before.slice(5)],
  )
})
