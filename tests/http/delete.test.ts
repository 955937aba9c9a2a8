/** The delete interaction over HTTP. https://hl7.org/fhir/R4/http.html#delete */
import t from 'tap'
import { atOnce, idOf, idsOf, issuesOf, startRest, tally } from './rest.ts'

const rest = await startRest(t)
const practitioner = { resourceType: 'Practitioner', active: true }

t.test('a deleted resource is answered with 410, is in no search, and stays in its history', async t => {
  const id = idOf(await rest.post('Practitioner', practitioner))
  const answer = await rest.delete(`Practitioner/${id}`)
  t.equal(answer.status, 204)
  t.equal(answer.bytes.length, 0)
  t.equal(answer.headers.get('etag'), 'W/"2"')
  const read = await rest.get(`Practitioner/${id}`)
  t.equal(read.status, 410)
  t.same(issuesOf(read), ['deleted deleted'])
  t.equal((await rest.head(`Practitioner/${id}`)).status, 410)
  t.same(idsOf(await rest.get(`Practitioner?_id=${id}`)), [])
  t.equal((await rest.get(`Practitioner/${id}/_history`)).status, 200)
  t.equal((await rest.get(`Practitioner/${id}/_history/1`)).status, 200)
})

t.test('what was deleted is deleted once', async t => {
  const id = idOf(await rest.post('Practitioner', practitioner))
  const answers = await atOnce(8, () => rest.delete(`Practitioner/${id}`))
  t.same(tally(answers), { 204: 1, 410: 7 })
})

for (const [sentence, ifMatch, status] of [
  ['the current version', 'W/"1"', 204],
  ['any version', '*', 204],
  ['another version', 'W/"2"', 412],
] as const) {
  t.test(`a delete of ${sentence} is answered with ${status}`, async t => {
    const id = idOf(await rest.post('Practitioner', practitioner))
    const answer = await rest.delete(`Practitioner/${id}`, { headers: { 'if-match': ifMatch } })
    t.equal(answer.status, status)
    t.equal((await rest.get(`Practitioner/${id}`)).status, status === 204 ? 410 : 200)
  })
}

for (const [sentence, url, status, issue] of [
  ['an id that nobody has', 'Practitioner/nobody', 404, 'notFound not-found Practitioner'],
  ['an id of this server’s own form', 'Patient/0123456789ab', 404, 'notFound not-found Patient'],
  ['a type that is not served', 'Basic/1', 404, 'notServed not-supported'],
  ['what only the server writes', 'AuditEvent/1', 405, 'notAllowed not-supported'],
] as const) {
  t.test(`a delete of ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.delete(url)
    t.equal(answer.status, status)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('an id that a client chose comes back to life by PUT, as a new version', async t => {
  const resource = { ...practitioner, id: 'phoenix' }
  await rest.put('Practitioner/phoenix', resource)
  await rest.delete('Practitioner/phoenix')
  const answer = await rest.put('Practitioner/phoenix', resource)
  t.equal(answer.status, 201)
  t.equal(answer.headers.get('etag'), 'W/"3"')
  t.same(idsOf(await rest.get('Practitioner?_id=phoenix')), ['phoenix'])
  await rest.delete('Practitioner/phoenix')
  t.equal((await rest.get('Practitioner/phoenix')).status, 410)
  t.equal((await rest.get('Practitioner/phoenix/_history/3')).status, 200)
})
