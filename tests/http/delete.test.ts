/** The delete interaction over HTTP. https://hl7.org/fhir/R4/http.html#delete */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, idsOf, issuesOf, startRest, tally } from './rest.ts'

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

t.test('what was deleted is deleted once, and each of several who delete it is told so', async t => {
  const id = idOf(await rest.post('Practitioner', practitioner))
  const answers = await atOnce(8, () => rest.delete(`Practitioner/${id}`))
  t.same(tally(answers), { 204: 8 })
  t.same([...new Set(answers.map(({ headers }) => headers.get('etag')))], ['W/"2"'])
  t.equal(select((await rest.get(`Practitioner/${id}/_history`)).json, '/entry/*').length, 2)
})

const former = async (): Promise<string> => {
  const id = idOf(await rest.post('Practitioner', practitioner))
  await rest.delete(`Practitioner/${id}`)
  return id
}

t.test('http#delete: to delete again has no effect, and is answered like the first delete', async t => {
  const id = await former()
  const again = await rest.delete(`Practitioner/${id}`)
  t.same([again.status, again.bytes.length, again.headers.get('etag')], [204, 0, 'W/"2"'])
  const told = await rest.delete(`Practitioner/${id}`, { headers: { prefer: 'return=OperationOutcome' } })
  t.same([told.status, select(told.json, '/issue/0/diagnostics')[0]], [200, 'deleted'])
  t.equal((await rest.delete(`Practitioner/${id}`, { headers: { 'if-match': 'W/"1"' } })).status, 412)
  t.equal((await rest.patch(`Practitioner/${id}`, [{ op: 'add', path: '/active', value: true }])).status, 410)
  t.equal((await rest.get(`Practitioner/${id}/_history/3`)).status, 404, 'no version of it')
})

for (const type of ['batch', 'transaction'] as const) {
  t.test(`http#delete: to delete again in a ${type} does not stop what stands beside it`, async t => {
    const [id, living] = [await former(), idOf(await rest.post('Practitioner', practitioner))]
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['DELETE', `Practitioner/${id}`],
        ['DELETE', `Practitioner/${living}`],
        ['POST', 'Practitioner', practitioner],
      ]),
    )
    t.equal(answer.status, 200)
    t.same(select(answer.json, '/entry/*/response/status'), ['204 No Content', '204 No Content', '201 Created'])
    t.same(select(answer.json, '/entry/*/response/etag'), ['W/"2"', 'W/"2"', 'W/"1"'])
    t.equal((await rest.get(`Practitioner/${living}`)).status, 410)
  })
}

t.test('a transaction that deletes only what is deleted is answered, and writes nothing', async t => {
  const id = await former()
  const answer = await rest.post('', bundleOf('transaction', [['DELETE', `Practitioner/${id}`]]))
  t.same(select(answer.json, '/entry/*/response/status'), ['204 No Content'])
  t.equal((await rest.get(`Practitioner/${id}/_history/3`)).status, 404)
})

t.test('a transaction that deletes what never was fails: what is hidden would be answered alike', async t => {
  const entries = bundleOf('transaction', [
    ['POST', 'Practitioner', { ...practitioner, language: 'br' }],
    ['DELETE', 'Practitioner/never'],
  ])
  const answer = await rest.post('', entries)
  t.equal(answer.status, 404)
  t.same(issuesOf(answer), ['notFound not-found Bundle.entry[1].resource'])
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
