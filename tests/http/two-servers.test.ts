/** Two processes on one database: what one promises, the other keeps. `docs/architecture.md`, several servers. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, idsOf, issuesOf, nextOf, statusesOf, tally } from './rest.ts'
import { either, one, other } from './two-processes.ts'

const system = 'urn:example:n'
const numbered = (type: string, value: string, more: object = {}) => ({
  resourceType: type,
  identifier: [{ system, value }],
  ...more,
})
const observation = (value: string, subject: string) =>
  numbered('Observation', value, { status: 'final', code: { text: 'x' }, subject: { reference: subject } })
const onlyIf = (value: string) => ({ headers: { 'if-none-exist': `identifier=${system}|${value}` } })

t.test('what one server wrote, the other reads', async t => {
  const id = idOf(await one.post('Patient', numbered('Patient', 'seen')))
  t.equal((await other.get(`Patient/${id}`)).status, 200)
  t.same(idsOf(await other.get(`Patient?identifier=${system}|seen`)), [id])
})

for (const [type, resource] of [
  ['Patient', numbered('Patient', 'raced-Patient')],
  ['Practitioner', numbered('Practitioner', 'raced-Practitioner')],
] as const) {
  t.test(`of 32 equal conditional creates of a ${type} at two servers one is written`, async t => {
    const value = `raced-${type}`
    const answers = await atOnce(32, n => either(n).post(type, resource, onlyIf(value)))
    t.same(tally(answers), { 200: 31, 201: 1 })
    t.equal(new Set(answers.map(idOf)).size, 1)
    t.equal(idsOf(await one.get(`${type}?identifier=${system}|${value}`)).length, 1)
  })
}

for (const type of ['Patient', 'Practitioner'] as const) {
  t.test(`of 32 equal conditional updates of a ${type} at two servers one creates, the others update`, async t => {
    const url = `${type}?identifier=${system}|updated-${type}`
    const answers = await atOnce(32, n => either(n).put(url, numbered(type, `updated-${type}`)))
    t.same(tally(answers), { 200: 31, 201: 1 })
    t.equal(new Set(answers.map(idOf)).size, 1)
    t.equal(idsOf(await one.get(url)).length, 1)
  })
}

t.test('a conditional update writes over the version that its criteria found, and over no other', async t => {
  const id = idOf(await one.post('Practitioner', numbered('Practitioner', 'from')))
  const url = `Practitioner?identifier=${system}|from`
  const answers = await atOnce(16, n => either(n).put(url, numbered('Practitioner', `to-${n}`)))
  t.same(tally(answers), { 200: 1, 201: 15 })
  t.same(select((await one.get(`Practitioner/${id}/_history`)).json, '/entry/*/resource/meta/versionId'), ['2', '1'])
})

t.test('32 patches at two servers each keep what the others added', async t => {
  const id = idOf(await one.post('Practitioner', numbered('Practitioner', 'patched', { name: [{ family: 'first' }] })))
  const answers = await atOnce(32, n =>
    either(n).patch(`Practitioner/${id}`, [{ op: 'add', path: '/name/-', value: { family: String(n) } }]),
  )
  t.same(tally(answers), { 200: 32 })
  t.equal(new Set(select((await other.get(`Practitioner/${id}`)).json, '/name/*/family')).size, 33)
})

t.test('of 32 equal conditional creates in a record at two servers one is written', async t => {
  await one.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
  const answers = await atOnce(32, n => either(n).post('Observation', observation('o', 'Patient/ann'), onlyIf('o')))
  t.same(tally(answers), { 200: 31, 201: 1 })
  t.equal(idsOf(await one.get('Observation?patient=ann')).length, 1)
})

t.test('of 16 equal transactions that open a record at two servers one writes', async t => {
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const bundle = bundleOf('transaction', [
    ['POST', 'Patient', numbered('Patient', 'opened'), { fullUrl: urn, ifNoneExist: `identifier=${system}|opened` }],
    ['POST', 'Observation', observation('opened-1', urn), { ifNoneExist: `identifier=${system}|opened-1` }],
  ])
  const answers = await atOnce(16, n => either(n).post('', bundle))
  t.same(tally(answers), { 200: 16 })
  t.equal(answers.filter(answer => statusesOf(answer).join() === '201,201').length, 1)
  const paths = answers.flatMap(({ json }) =>
    select(json, '/entry/*/response/location').map(url => new URL(String(url)).pathname),
  )
  t.equal(new Set(paths).size, 2)
})

t.test('of 16 creates of one chosen id at two servers one is answered with 201, and each writes a version', async t => {
  const put = (n: number) =>
    either(n).put('Patient/chosen', { resourceType: 'Patient', id: 'chosen', birthDate: String(1900 + n) })
  t.same(tally(await atOnce(16, put)), { 200: 15, 201: 1 })
  const history = await one.get('Patient/chosen/_history?_count=50')
  t.equal(select(history.json, '/entry/*').length, 16)
})

t.test('of 16 writers at two servers who name one version one writes', async t => {
  const put = (n: number) =>
    either(n).put(
      'Patient/ann',
      { resourceType: 'Patient', id: 'ann', birthDate: String(1900 + n) },
      {
        headers: { 'if-match': 'W/"1"' },
      },
    )
  t.same(tally(await atOnce(16, put)), { 200: 1, 412: 15 })
})

t.test('a link to a page of one server leads on at the other', async t => {
  await Promise.all([1, 2, 3].map(n => one.post('Observation', observation(`page-${n}`, 'Patient/ann'))))
  const next = new URL(nextOf(await one.get('Observation?patient=ann&_count=2')) ?? '')
  const page = await other.get(`Observation${next.search}`)
  t.equal(page.status, 200)
  t.same(issuesOf(page), [])
  t.equal(idsOf(page).length, 2)
})
