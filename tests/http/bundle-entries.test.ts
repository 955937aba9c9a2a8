/** What the entries of a batch and a transaction tell, as a request of its own would. https://hl7.org/fhir/R4/http.html#transaction-response */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const practitioner = (id: string, family = 'A') => ({ resourceType: 'Practitioner', id, name: [{ family }] })
await rest.put('Practitioner/standing', practitioner('standing'))
await rest.put('Practitioner/former', practitioner('former'))
await rest.delete('Practitioner/former')
const types = ['batch', 'transaction'] as const

for (const type of types) {
  t.test(`lastModified in a ${type} is that of the version, to the millisecond`, async t => {
    const id = `dated-${type}`
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['PUT', `Practitioner/${id}`, practitioner(id)],
        ['POST', 'Practitioner', { resourceType: 'Practitioner' }],
        ['GET', `Practitioner/${id}`],
      ]),
      { headers: { prefer: 'return=representation' } },
    )
    t.equal(answer.status, 200)
    const told = select(answer.json, '/entry/*/response/lastModified')
    t.same(told, select(answer.json, '/entry/*/resource/meta/lastUpdated'))
    t.equal(told.length, 3)
    const alone = await rest.get(`Practitioner/${id}`)
    t.same(select(alone.json, '/meta/lastUpdated')[0], told[0])
    t.equal(alone.headers.get('last-modified'), new Date(String(told[0])).toUTCString())
  })

  t.test(`a delete in a ${type} tells when it was`, async t => {
    const id = `doomed-${type}`
    await rest.put(`Practitioner/${id}`, practitioner(id))
    const answer = await rest.post('', bundleOf(type, [['DELETE', `Practitioner/${id}`]]))
    t.same(statusesOf(answer), [204])
    const [tombstone] = select((await rest.get(`Practitioner/${id}/_history`)).json, '/entry/0/response/lastModified')
    t.same(select(answer.json, '/entry/0/response/lastModified'), [tombstone])
  })

  t.test(`return=OperationOutcome gives an outcome for each entry of a ${type} that writes`, async t => {
    const id = `told-${type}`
    await rest.put(`Practitioner/${id}-gone`, practitioner(`${id}-gone`))
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['PUT', `Practitioner/${id}`, practitioner(id)],
        ['POST', 'Practitioner', { resourceType: 'Practitioner' }],
        ['PUT', 'Practitioner/standing', practitioner('standing', type)],
        ['DELETE', `Practitioner/${id}-gone`],
        ['DELETE', 'Practitioner?identifier=urn:example:n|nobody'],
        ['GET', 'Practitioner/standing'],
      ]),
      { headers: { prefer: 'return=OperationOutcome' } },
    )
    t.equal(answer.status, 200)
    t.same(
      select(answer.json, '/entry/*').map(entry => select(entry, '/response/outcome/issue/0/diagnostics')[0]),
      ['created', 'created', 'stored', 'deleted', 'nothing to delete', undefined],
    )
    t.same(select(answer.json, '/entry/5/resource/id'), ['standing'])
  })
}

t.test('a delete that finds nothing says so', async t => {
  const answer = await rest.delete('Practitioner?identifier=urn:example:n|nobody', {
    headers: { prefer: 'return=OperationOutcome' },
  })
  t.equal(answer.status, 200)
  t.same(select(answer.json, '/issue/0/diagnostics'), ['nothing to delete'])
})

for (const [sentence, url, status, kind] of [
  ['of nobody', 'Practitioner/nobody', 404, 'notFound not-found'],
  ['of what was deleted', 'Practitioner/former', 410, 'deleted deleted'],
  ['of what the transaction deletes', 'Practitioner/doomed', 410, 'deleted deleted'],
  ['of a version that is none', 'Practitioner/standing/_history/99', 404, 'notFound not-found'],
  ['of a version that is no number', 'Practitioner/standing/_history/one', 404, 'notFound not-found'],
  ['of a deletion as a version', 'Practitioner/former/_history/2', 410, 'deleted deleted'],
  ['of the history of nobody', 'Practitioner/nobody/_history', 404, 'notFound not-found'],
  ['with a parameter that is unknown', 'Practitioner/standing?foo=1', 400, 'unknownParameter not-supported'],
  ['that searches by what is unknown', 'Practitioner?foo=1', 400, 'unknownParameter not-supported'],
  ['that searches by what is no date', 'Observation?date=soon', 400, 'badParameter value'],
  ['that searches several types, one of them unknown', '?_type=Practitioner,Foo', 400, 'badParameter value'],
] as const)
  t.test(`a transaction with a read ${sentence} fails as a whole, and writes nothing`, async t => {
    await rest.put('Practitioner/doomed', practitioner('doomed'))
    const answer = await rest.post(
      '',
      bundleOf('transaction', [
        ['PUT', 'Practitioner/beside', practitioner('beside')],
        ['DELETE', 'Practitioner/doomed'],
        ['GET', url],
      ]),
    )
    t.equal(answer.status, status, String(answer.bytes))
    t.same(issuesOf(answer), [`${kind} Bundle.entry[2].request.url`])
    t.equal((await rest.get('Practitioner/beside')).status, 404)
    t.equal((await rest.get('Practitioner/doomed')).status, 200)
    const inBatch = await rest.post('', bundleOf('batch', [['GET', url]]))
    t.equal(inBatch.status, 200)
  })

t.test('what a transaction writes, it reads as it is then', async t => {
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['GET', 'Practitioner/fresh'],
      ['GET', 'Practitioner/fresh/_history/1'],
      ['GET', 'Practitioner/fresh/_history'],
      ['GET', 'Practitioner?family=fresh&_summary=count'],
      ['GET', 'Practitioner/former/_history'],
      ['GET', 'Observation?patient=nobody'],
      ['PUT', 'Practitioner/fresh', practitioner('fresh', 'Fresh')],
    ]),
  )
  t.equal(answer.status, 200, String(answer.bytes))
  t.same(statusesOf(answer), [200, 200, 200, 200, 200, 200, 201])
  t.same(select(answer.json, '/entry/3/resource/total'), [1])
})

t.test('a reading entry that the client holds already fails nothing', async t => {
  const answer = await rest.post(
    '',
    bundleOf('transaction', [['GET', 'Practitioner/standing', undefined, { ifNoneMatch: '*' }]]),
  )
  t.same([answer.status, ...statusesOf(answer)], [200, 304])
})
