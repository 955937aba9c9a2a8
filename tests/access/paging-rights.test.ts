/** Pages while rights, masks and documents change between them: what is hidden leaves the pages, and nothing else does. `docs/decisions/0044-pages-of-one-moment.md` */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { startClockedServer } from '../support/clocked-server.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, consent, masksDocument } from './support/consents.ts'
import { byFiness, document, type Json, labels } from './support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, refusalOf, type Stage, stageOn, startStage } from './support/stage.ts'

t.setTimeout(600_000) // many walks, each with its own record
const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const opened = (on = stage): Promise<DossierRecord> =>
  on.open(record => [patientOf(record), consent(record, authorises(rpps.gp))])

const deposits = (record: DossierRecord, many: number, elements: (n: number) => Json = () => ({}), on = stage) =>
  on.create(
    hospital,
    ...Array.from({ length: many }, (_, n) => {
      const day = String(n + 1).padStart(2, '0')
      return document(record, { author, date: `2026-03-${day}T10:00:00+01:00`, description: `d${day}`, ...elements(n) })
    }),
  )

const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  select(json, `/link/[relation=${relation}]/url`).map(String)[0]
const found = (answer: Answer): readonly string[] => idsIn(answer, 'DocumentReference').map(String)
const totalOf = ({ json }: Answer): unknown => select(json, '/total')[0]

/** The pages from a link on, in one direction. */
async function walk(from: string | undefined, relation: 'next' | 'previous'): Promise<readonly Answer[]> {
  const pages: Answer[] = []
  for (let url = from; url !== undefined && pages.length < 50; ) {
    const page: Answer = expectStatus(await stage.get(gp, url), 200)
    pages.push(page)
    url = linkOf(page, relation)
  }
  return pages
}

const labelled = (id: string, operations: readonly Json[]) =>
  stage.send(hospital, `PATCH DocumentReference/${id}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json' },
  })
const masks = async (id: string) =>
  expectStatus(await labelled(id, [{ op: 'add', path: '/securityLabel', value: labels('MASQUE_PS') }]), 200)
const unmasks = async (id: string) => expectStatus(await labelled(id, [{ op: 'remove', path: '/securityLabel' }]), 200)
const deletes = async (id: string) => expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
const changes = async (id: string, elements: Json) => {
  const { json } = expectStatus(await stage.get(hospital, `DocumentReference/${id}`), 200)
  expectStatus(await stage.put(hospital, { ...(json as Json), ...elements }), 200)
}

const places = {
  'in a record': ({ id }: DossierRecord) => `DocumentReference?patient=${id}`,
  'in a compartment': ({ id }: DossierRecord) => `Patient/${id}/DocumentReference?`,
  'of several types': ({ id }: DossierRecord) => `Patient/${id}/*?_type=DocumentReference,DiagnosticReport`,
}
const keys = ['', 'date', '_lastUpdated', '_id', 'status', 'description', 'period']
const orders = keys.flatMap(key => (key === '' ? [''] : [`&_sort=${key}`, `&_sort=-${key}`]))
/** In a record every order is asked; elsewhere an order of an index, of a parameter, of updates, and one that is made in memory. */
const elsewhere = new Set(['', '&_sort=-date', '&_sort=_lastUpdated', '&_sort=status'])
const placesFor = (order: string) =>
  Object.entries(places).filter(([name]) => name === 'in a record' || elsewhere.has(order))

for (const order of orders)
  for (const [place, addressOf] of placesFor(order))
    t.test(`${place}${order}: what is masked or deleted between pages is on none, all else comes once`, async t => {
      const record = await opened()
      const owner = patientOf(record)
      const ids = await deposits(record, 16, n => ({
        ...(n === 3 ? { securityLabel: labels('MASQUE_PS') } : {}),
        ...(n % 5 === 1 ? { context: { period: { start: `2026-02-${10 + n}` } } } : {}),
      }))
      const [shownNow = '', hiddenFirst = ''] = [ids[7], ids[3]]
      const byConsent = (id: string) =>
        stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
      const consentOfShown = await byConsent(shownNow)
      const search = `${addressOf(record)}${order}&_total=accurate`
      const before = found(await stage.get(gp, `${search}&_count=50`))
      t.notOk(before.includes(shownNow) || before.includes(hiddenFirst))
      const first = await stage.get(gp, `${search}&_count=3`)
      t.equal(totalOf(first), 14)
      const [, seen = ''] = found(first)
      const [, , masked = '', told = '', deleted = '', changed = '', flickers = '', flickersToo = ''] = before.slice(3)
      await masks(masked)
      await byConsent(told)
      await deletes(deleted)
      await changes(changed, { date: '2026-05-05T10:00:00+02:00', description: 'a' })
      await masks(flickers)
      const consentOfFlickers = await byConsent(flickersToo)
      await changes(flickersToo, { description: 'zz', date: '2020-01-01T10:00:00+01:00' })
      await masks(seen)
      await unmasks(hiddenFirst)
      expectStatus(await stage.remove(owner, `Consent/${consentOfShown}`), 204)
      const fresh = await stage.createOne(hospital, document(record, { author }))
      const second = await stage.get(gp, linkOf(first, 'next') ?? '')
      for (const hidden of [masked, told, deleted, flickers, flickersToo, seen])
        t.notMatch(second.bytes.toString(), hidden, 'what is hidden is hidden from this page on, its links included')
      t.equal(totalOf(second), 14 + 1 - 6, 'counted is what may be seen now of what was there at first')
      await unmasks(flickers)
      expectStatus(await stage.remove(owner, `Consent/${consentOfFlickers}`), 204)
      const rest = await walk(linkOf(second, 'next'), 'next')
      const stays = before.filter(id => ![masked, told, deleted].includes(id))
      const pages = [first, second, ...rest].flatMap(found)
      t.equal(new Set(pages).size, pages.length, 'no row comes twice')
      t.notOk(pages.includes(fresh) || pages.includes(hiddenFirst), 'what was no match at first is new')
      t.same(
        pages.filter(id => id !== shownNow),
        stays.filter(id => pages.includes(id)),
        'in the order of the first moment',
      )
      t.same(
        stays.filter(id => !pages.includes(id) && ![flickers, flickersToo].includes(id)),
        [],
        'none is lost that could be seen all the time',
      )
      const back = await walk(linkOf(rest.at(-1) ?? second, 'previous'), 'previous')
      const last = found(rest.at(-1) ?? second)
      t.same(
        [...back]
          .reverse()
          .flatMap(found)
          .filter(id => id !== shownNow),
        stays.filter(id => id !== seen && !last.includes(id)),
        'and back: the one that was seen and is masked now is gone, the ones that came back are there',
      )
      for (const page of [second, ...rest]) {
        const again = await stage.get(gp, linkOf(page, 'self') ?? '')
        t.equal(again.status, 200)
        t.ok(found(again).every(id => ![masked, told, deleted, seen].includes(id)))
      }
    })

/** What an answer shows of itself, without ids, instants and seals. */
const bare = ({ status, headers, bytes }: Answer, { id }: DossierRecord): readonly unknown[] => [
  status,
  ...[...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name)),
  bytes
    .toString()
    .replaceAll(id, '<patient>')
    .replaceAll(/"id":"[0-9a-f-]{36}"/g, '"id":"<new>"')
    .replaceAll(/_page=[\w.~-]+/g, '_page=<page>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>'),
]

/** How long the links of pages are. */
const lengthsOf = (pages: readonly Answer[]): readonly number[] =>
  pages.flatMap(({ json }) => select(json, '/link/*/url').map(url => String(url).length))

/** A seal is as long as what it holds; the digits of a place and of an instant vary. */
const areAlike = (some: readonly number[], others: readonly number[]): boolean =>
  some.length === others.length && some.every((length, at) => Math.abs(length - (others[at] ?? 0)) < 25)

const blocked = (record: DossierRecord) => stage.createOne(patientOf(record), consent(record, blocks(rpps.gp)))
async function closed(record: DossierRecord): Promise<unknown> {
  const owner = patientOf(record)
  const { json } = expectStatus(await stage.get(owner, `Patient/${record.id}`), 200)
  return expectStatus(await stage.put(owner, { ...(json as Json), active: false }), 200)
}
const maskedAll = async (_: DossierRecord, ids: readonly string[]) => {
  for (const id of ids) await masks(id)
}
const deletedAll = async (_: DossierRecord, ids: readonly string[]) => {
  for (const id of ids) await deletes(id)
}

for (const order of ['', '&_sort=_lastUpdated', '&_sort=-period', '&_sort=description', '&_sort=-_id'])
  for (const [place, addressOf] of placesFor(order))
    t.test(
      `${place}${order}: the links of one who lost access lead to what they would if nothing were left`,
      async t => {
        const looks: { readonly bares: readonly unknown[]; readonly lengths: readonly number[] }[] = []
        for (const happens of [deletedAll, maskedAll, blocked, closed]) {
          const record = await opened()
          const ids = await deposits(record, 7)
          const first = await stage.get(gp, `${addressOf(record)}${order}&_count=2&_total=accurate`)
          const second = await stage.get(gp, linkOf(first, 'next') ?? '')
          t.equal(found(second).length, 2)
          await happens(record, ids)
          const links = ['next', 'previous', 'first', 'self'].map(relation => linkOf(second, relation) ?? '')
          const pages = await Promise.all(links.map(url => stage.get(gp, url)))
          const before = pages.flatMap(page => linkOf(page, 'previous') ?? [])
          const all = [...pages, ...(await Promise.all(before.map(url => stage.get(gp, url))))]
          for (const page of all) t.same([page.status, found(page)], [200, []])
          looks.push({ bares: all.map(page => bare(page, record)), lengths: lengthsOf(all) })
        }
        const [absent, ...others] = looks
        for (const { bares, lengths } of others) {
          t.same(bares, absent?.bares)
          t.ok(areAlike(lengths, absent?.lengths ?? []), `${lengths} ${absent?.lengths}`)
        }
      },
    )

t.test('a block that ends gives the pages back as they were', async t => {
  const record = await opened()
  await deposits(record, 8)
  const first = await stage.get(gp, `DocumentReference?patient=${record.id}&_sort=_lastUpdated&_count=3`)
  const before = found(await stage.get(gp, `DocumentReference?patient=${record.id}&_sort=_lastUpdated`))
  const block = await blocked(record)
  const shut = await stage.get(gp, linkOf(first, 'next') ?? '')
  t.same([found(shut), linkOf(shut, 'next')], [[], undefined])
  await changes(before[6] ?? '', { description: 'meanwhile' })
  expectStatus(await stage.remove(patientOf(record), `Consent/${block}`), 204)
  await stage.createOne(patientOf(record), consent(record, authorises(rpps.gp))) // the block ended the former one
  const rest = await walk(linkOf(first, 'next'), 'next')
  t.same([first, ...rest].flatMap(found), before)
  const back = await walk(linkOf(shut, 'previous'), 'previous')
  t.same([...back].reverse().flatMap(found), before, 'the way back from the page that was empty is of the same moment')
})

t.test('how long a link is does not tell how much is hidden', async t => {
  const seals: string[] = []
  for (const hides of [0, 150]) {
    const record = await opened()
    const dates = (n: number): Json => ({ date: `2026-03-02T10:00:${String(10 + (n % 50))}+01:00` })
    if (hides > 0) await deposits(record, hides, n => ({ ...dates(n), securityLabel: labels('MASQUE_PS') }))
    await deposits(record, 8, dates)
    const first = await stage.get(gp, `DocumentReference?patient=${record.id}&_count=3`)
    seals.push(linkOf(first, 'next') ?? '', linkOf(await stage.get(gp, linkOf(first, 'next') ?? ''), 'next') ?? '')
  }
  const [first = '', second = '', third = '', fourth = ''] = seals
  const [none, many] = [
    [first.length, second.length],
    [third.length, fourth.length],
  ]
  t.ok(areAlike(none, many), `${none} ${many}`)
  const bytes = Buffer.from(new URL(third).searchParams.get('_page') ?? '', 'base64url').toString('latin1')
  t.notMatch(bytes, /patient|after|seen|DocumentReference/, 'it is encrypted')
})

t.test('a link is good for one caller, one address and one search', async t => {
  const [record, other] = [await opened(), await opened()]
  for (const each of [record, other]) await deposits(each, 5)
  const first = await stage.get(gp, `DocumentReference?patient=${record.id}&_count=2`)
  const second = await stage.get(gp, linkOf(first, 'next') ?? '')
  const [next = '', self = ''] = [linkOf(first, 'next'), linkOf(second, 'self')]
  const seal = new URL(next).searchParams.get('_page') ?? ''
  const sealOfSelf = new URL(self).searchParams.get('_page') ?? ''
  const turned = `${seal.slice(0, 60)}${seal[60] === 'A' ? 'B' : 'A'}${seal.slice(61)}`
  t.equal((await stage.get(gp, next)).status, 200)
  const asked: readonly (readonly [string, Actor, string])[] = [
    ['the patient', patientOf(record), next],
    ['the hospital that deposited', hospital, next],
    ['of somebody else, tampered', hospital, `DocumentReference?_page=${turned}`],
    ['tampered', gp, `DocumentReference?_page=${turned}`],
    ['cut', gp, `DocumentReference?_page=${seal.slice(0, -4)}`],
    ['at another type', gp, `Observation?_page=${seal}`],
    ['in the compartment', gp, `Patient/${record.id}/DocumentReference?_page=${seal}`],
    ['in the compartment of another', gp, `Patient/${other.id}/DocumentReference?_page=${seal}`],
    ['over several types', gp, `Patient/${record.id}/*?_page=${seal}`],
    ['of the whole server', gp, `?_type=DocumentReference&_page=${seal}`],
    ['as a history', gp, `DocumentReference/_history?_page=${seal}`],
    ['with another patient', gp, `DocumentReference?patient=${other.id}&_count=2&_page=${sealOfSelf}`],
    ['with another patient, too', gp, `${self}&patient=${other.id}`],
    ['with another size', gp, self.replace('_count=2', '_count=3')],
    ['with more', gp, `${next}&status=current`],
    ['twice', gp, `${next}&_page=${seal}`],
  ]
  const bodies = new Set<string>()
  for (const [name, actor, url] of asked) {
    const answer = await stage.get(actor, url)
    t.equal(refusalOf(answer), '400 badPage http._page', name)
    bodies.add(answer.bytes.toString())
  }
  t.equal(bodies.size, 1, 'and none of them says why')
})

t.test('a link is refused after an hour, and one that was given by a later page holds as long again', async t => {
  const clocked = await startClockedServer(t, { at: new Date().toISOString(), matrices: {} })
  const playing = (): Stage => stageOn(clocked, clocked.base, () => clocked.clock.instant)
  const record = await opened(playing())
  await deposits(record, 8, undefined, playing())
  const first = await playing().get(gp, `DocumentReference?patient=${record.id}&_count=2`)
  const next = linkOf(first, 'next') ?? ''
  clocked.clock.instant += 3_590_000
  const second = await playing().get(gp, next)
  t.equal(second.status, 200)
  clocked.clock.instant += 20_000
  t.equal(refusalOf(await playing().get(gp, next)), '400 badPage http._page')
  const third = await playing().get(gp, linkOf(second, 'next') ?? '')
  t.equal(third.status, 200)
  t.equal(new Set([first, second, third].flatMap(found)).size, 6)
})
