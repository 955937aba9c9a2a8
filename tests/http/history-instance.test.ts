/** The history of one resource over HTTP. https://hl7.org/fhir/R4/http.html#history */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { idOf, issuesOf, nextOf, startRest } from './rest.ts'

const rest = await startRest(t)
const patient = (year: number, id?: string) => ({ resourceType: 'Patient', ...(id && { id }), birthDate: String(year) })

const id = idOf(await rest.post('Patient', patient(1980)))
for (let year = 1981; year < 1987; year += 1) await rest.put(`Patient/${id}`, patient(year, id))
const versionsOf = (json: unknown): readonly unknown[] => select(json, '/entry/*/response/etag')

t.test('the history has every version once, the newest first, with what was asked and answered', async t => {
  const answer = await rest.get(`Patient/${id}/_history`)
  t.equal(answer.status, 200)
  t.match(answer.json, { resourceType: 'Bundle', type: 'history' })
  t.same(
    versionsOf(answer.json),
    ['7', '6', '5', '4', '3', '2', '1'].map(version => `W/"${version}"`),
  )
  t.same(select(answer.json, '/entry/*/request/method'), ['PUT', 'PUT', 'PUT', 'PUT', 'PUT', 'PUT', 'POST'])
  t.same(select(answer.json, '/entry/6/request/url'), ['Patient'])
  t.same(select(answer.json, '/entry/6/response/status'), ['201 Created'])
  t.same(select(answer.json, '/entry/0/response/status'), ['200 OK'])
  t.same(select(answer.json, '/entry/0/fullUrl'), [`${rest.base}/Patient/${id}`])
  t.same(select(answer.json, '/entry/*/resource/birthDate').at(0), '1986')
  t.equal(nextOf(answer), undefined)
})

t.test('the pages of a history hold every version once, as many to a page as were asked', async t => {
  const seen: unknown[] = []
  const sizes: number[] = []
  let url: string | undefined = `Patient/${id}/_history?_count=3`
  while (url !== undefined) {
    const page = await rest.get(url)
    t.equal(page.status, 200)
    sizes.push(versionsOf(page.json).length)
    seen.push(...versionsOf(page.json))
    url = nextOf(page)
  }
  t.same(sizes, [3, 3, 1])
  t.same(
    seen,
    ['7', '6', '5', '4', '3', '2', '1'].map(version => `W/"${version}"`),
  )
})

t.test('a version that is written between two pages comes on neither', async t => {
  const other = idOf(await rest.post('Patient', patient(1950)))
  for (let year = 1951; year < 1954; year += 1) await rest.put(`Patient/${other}`, patient(year, other))
  const first = await rest.get(`Patient/${other}/_history?_count=2`)
  await rest.put(`Patient/${other}`, patient(1960, other))
  const second = await rest.get(nextOf(first) ?? '')
  t.same(versionsOf(first.json), ['W/"4"', 'W/"3"'])
  t.same(versionsOf(second.json), ['W/"2"', 'W/"1"'])
})

t.test('a deletion and what came after it are versions too', async t => {
  await rest.put('Patient/comes-back', patient(1970, 'comes-back'))
  await rest.delete('Patient/comes-back')
  const gone = await rest.get('Patient/comes-back/_history')
  t.same(versionsOf(gone.json), ['W/"2"', 'W/"1"'])
  t.same(select(gone.json, '/entry/0/request'), [{ method: 'DELETE', url: 'Patient/comes-back' }])
  t.same(select(gone.json, '/entry/0/response/status'), ['204 No Content'])
  t.same(select(gone.json, '/entry/0/resource'), [])
  const back = await rest.put('Patient/comes-back', patient(1971, 'comes-back'))
  t.equal(back.status, 201)
  t.equal(back.headers.get('etag'), 'W/"3"')
  const whole = await rest.get('Patient/comes-back/_history')
  t.same(versionsOf(whole.json), ['W/"3"', 'W/"2"', 'W/"1"'])
  t.same((await rest.get('Patient/comes-back')).status, 200)
})

for (const [sentence, url, status, issue] of [
  ['of nobody', 'Patient/nobody/_history', 404, 'notFound not-found'],
  ['under another type', `Practitioner/${id}/_history`, 404, 'notFound not-found'],
  ['with a count that is none', `Patient/${id}/_history?_count=few`, 400, 'badParameter value http._count'],
  ['with a count of nothing', `Patient/${id}/_history?_count=0`, 400, 'badParameter value http._count'],
  [
    'with a parameter that it does not know',
    `Patient/${id}/_history?_sinse=2024`,
    400,
    'unknownParameter not-supported http._sinse',
  ],
  ['with a page that this server never gave', `Patient/${id}/_history?_page=abcd`, 400, 'badPage value http._page'],
] as const) {
  t.test(`a history ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, status)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('the page of another history, and a page that was changed, are refused', async t => {
  const other = idOf(await rest.post('Patient', patient(1950)))
  const next = nextOf(await rest.get(`Patient/${id}/_history?_count=3`)) ?? ''
  const sealed = new URL(next).searchParams.get('_page') ?? ''
  const changed = sealed.slice(0, -1) + (sealed.endsWith('A') ? 'B' : 'A')
  for (const url of [`Patient/${other}/_history?_page=${sealed}`, `Patient/${id}/_history?_page=${changed}`]) {
    const answer = await rest.get(url)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), ['badPage value http._page'])
  }
})
