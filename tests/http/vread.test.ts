/** The vread interaction over HTTP. https://hl7.org/fhir/R4/http.html#vread */
import t from 'tap'
import { idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const inTheYear = (birthDate: string, id?: string) => ({ resourceType: 'Patient', ...(id && { id }), birthDate })

const id = idOf(await rest.post('Patient', inTheYear('1981')))
await rest.put(`Patient/${id}`, inTheYear('1982', id))
await rest.put(`Patient/${id}`, inTheYear('1983', id))

for (const [version, birthDate] of [
  ['1', '1981'],
  ['2', '1982'],
  ['3', '1983'],
] as const) {
  t.test(`version ${version} stays as it was written`, async t => {
    const answer = await rest.get(`Patient/${id}/_history/${version}`)
    t.equal(answer.status, 200)
    t.match(answer.json, { id, meta: { versionId: version }, birthDate })
    t.equal(answer.headers.get('etag'), `W/"${version}"`)
    t.ok(answer.headers.get('last-modified'))
  })
}

t.test('a version that the client holds is answered with 304', async t => {
  const answer = await rest.get(`Patient/${id}/_history/2`, { headers: { 'if-none-match': 'W/"2"' } })
  t.equal(answer.status, 304)
  t.equal(answer.bytes.length, 0)
})

for (const [sentence, url] of [
  ['a version that is still to come', `Patient/${id}/_history/4`],
  ['version 0', `Patient/${id}/_history/0`],
  ['a version written with zeros before it', `Patient/${id}/_history/01`],
  ['a version that is no number', `Patient/${id}/_history/latest`],
  ['a version of nobody', 'Patient/nobody/_history/1'],
  ['a version under another type', `Practitioner/${id}/_history/1`],
] as const) {
  t.test(`${sentence} is answered with 404`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 404)
    t.same(issuesOf(answer), ['notFound not-found'])
  })
}

t.test('of a deleted resource the versions stay, and the deletion itself is answered with 410', async t => {
  const gone = idOf(await rest.post('Patient', inTheYear('1990')))
  await rest.delete(`Patient/${gone}`)
  const [former, deletion] = await Promise.all([
    rest.get(`Patient/${gone}/_history/1`),
    rest.get(`Patient/${gone}/_history/2`),
  ])
  t.equal(former.status, 200)
  t.match(former.json, { birthDate: '1990' })
  t.equal(deletion.status, 410)
  t.same(issuesOf(deletion), ['deleted deleted'])
})

t.test('a version is not changed by anybody', async t => {
  for (const send of [
    () => rest.put(`Patient/${id}/_history/1`, inTheYear('2000', id)),
    () => rest.delete(`Patient/${id}/_history/1`),
  ]) {
    const answer = await send()
    t.equal(answer.status, 405)
    t.equal(answer.headers.get('allow'), 'GET, HEAD')
  }
})

t.test('a version may be asked for in part, as a read may', async t => {
  const subsetted = { tag: [{ code: 'SUBSETTED' }] }
  const summary = await rest.get(`Patient/${id}/_history/2?_summary=text`)
  t.match(summary.json, { id, meta: { versionId: '2', ...subsetted } })
  t.notOk(Object.hasOwn(Object(summary.json), 'birthDate'))
  const elements = await rest.get(`Patient/${id}/_history/2?_elements=birthDate`)
  t.match(elements.json, { meta: subsetted, birthDate: '1982' })
})

for (const [query, issue] of [
  ['_summary=count', 'badParameter value http._summary'],
  ['_elements=nothing', 'badParameter value http._elements'],
  ['birthdate=1982', 'unknownParameter not-supported http.birthdate'],
] as const)
  t.test(`a version is not read with ${query}`, async t => {
    const answer = await rest.get(`Patient/${id}/_history/2?${query}`)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })
