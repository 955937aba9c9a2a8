/** The batch interaction over HTTP: every entry on its own. https://hl7.org/fhir/R4/http.html#transaction */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const practitioner = (more: object = {}) => ({ resourceType: 'Practitioner', ...more })
const batch = (...entries: Parameters<typeof bundleOf>[1]) => rest.post('', bundleOf('batch', entries))

t.test('the answers stand in the order of the entries, whatever the order in which they were performed', async t => {
  const [read, changed, gone] = await Promise.all(
    [1, 2, 3].map(async () => idOf(await rest.post('Practitioner', practitioner()))),
  )
  const answer = await batch(
    ['GET', `Practitioner/${read}`],
    ['PUT', `Practitioner/${changed}`, practitioner({ id: changed, active: true })],
    ['POST', 'Practitioner', practitioner({ name: [{ family: 'New' }] })],
    ['DELETE', `Practitioner/${gone}`],
    ['GET', `Practitioner?_id=${read}`],
    ['GET', `Practitioner/${read}/_history/1`],
    ['GET', `Practitioner/${read}/_history`],
  )
  t.equal(answer.status, 200)
  t.match(answer.json, { resourceType: 'Bundle', type: 'batch-response' })
  t.same(statusesOf(answer), [200, 200, 201, 204, 200, 200, 200])
  t.same(select(answer.json, '/entry/0/resource/id'), [read])
  t.same(select(answer.json, '/entry/4/resource/entry/*/resource/id'), [read])
  t.same(select(answer.json, '/entry/6/resource/type'), ['history'])
  t.match(select(answer.json, '/entry/2/response/location')[0], /\/Practitioner\/[^/]+\/_history\/1$/)
  t.same(select(answer.json, '/entry/1/response/etag'), ['W/"2"'])
  t.ok(select(answer.json, '/entry/1/response/lastModified')[0])
})

t.test('an entry that fails says why, and the others are performed', async t => {
  const id = idOf(await rest.post('Practitioner', practitioner()))
  const answer = await batch(
    ['POST', 'Practitioner', practitioner({ colour: 'red' })],
    ['POST', 'Practitioner', practitioner({ name: [{ family: 'Performed' }] })],
    ['GET', 'Practitioner/nobody'],
    ['PUT', `Practitioner/${id}`, practitioner({ id }), { ifMatch: 'W/"7"' }],
    ['GET', 'Practitioner?nmae=a'],
    ['GET', 'Basic/1'],
    ['POST', 'AuditEvent', { resourceType: 'AuditEvent' }],
    ['DELETE', 'Practitioner/nobody'],
    ['PATCH', `Practitioner/${id}`, practitioner({ id })],
    ['GET', 'not a url'],
    ['PUT', 'Practitioner', practitioner()],
    ['POST', `Practitioner/${id}`, practitioner()],
    ['POST', 'Practitioner'],
    ['GET', `Practitioner/${id}`, undefined, { ifNoneMatch: 'W/"1"' }],
  )
  t.equal(answer.status, 200)
  t.same(statusesOf(answer), [422, 201, 404, 412, 400, 404, 405, 404, 400, 400, 400, 405, 400, 304])
  const outcome = (n: number) => issuesOf({ json: select(answer.json, `/entry/${n}/response/outcome`)[0] })
  t.match(outcome(0), [/^invalidResource structure Practitioner\.colour$/])
  t.same(outcome(4), ['unknownParameter not-supported http.nmae'])
  t.same(outcome(8), ['malformedBody structure Parameters'])
  t.same(outcome(12), ['malformedBody required Bundle.entry[12].resource'])
  t.equal(idsOf(await rest.get('Practitioner?family=performed')).length, 1)
})

t.test('a batch says that it is one by whichever letters JSON allows', async t => {
  const id = idOf(await rest.post('Practitioner', practitioner()))
  const entry = `[{"request":{"method":"GET","url":"Practitioner/${id}"}}]`
  for (const type of ['"type":"b\\u0061tch"', '"ty\\u0070e":"batch"']) {
    const answer = await rest.post('', `{"resourceType":"Bundle",${type},"entry":${entry}}`)
    t.equal(answer.status, 200, type)
    t.match(answer.json, { type: 'batch-response' }, type)
  }
})

t.test('an entry of a batch says which resource its criteria changed', async t => {
  const identifier = [{ system: 'urn:changed-by', value: 'criteria' }]
  const id = idOf(await rest.post('Practitioner', practitioner({ identifier })))
  const changed = practitioner({ identifier, active: true })
  const answer = await batch(['PUT', 'Practitioner?identifier=urn:changed-by|criteria', changed])
  t.match(select(answer.json, '/entry/0/response/location')[0], `/Practitioner/${id}/_history/2`)
})

t.test('a conditional create in a batch', async t => {
  const numbered = practitioner({ identifier: [{ system: 'urn:example:n', value: 'batch' }] })
  const more = { ifNoneExist: 'identifier=urn:example:n|batch' }
  t.same(statusesOf(await batch(['POST', 'Practitioner', numbered, more])), [201])
  t.same(statusesOf(await batch(['POST', 'Practitioner', numbered, more])), [200])
})

t.test('entries of a batch do not know each other', async t => {
  const answer = await batch(
    ['POST', 'Practitioner', practitioner(), { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001' }],
    [
      'POST',
      'PractitionerRole',
      {
        resourceType: 'PractitionerRole',
        practitioner: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' },
      },
    ],
  )
  t.same(statusesOf(answer), [201, 422])
})

t.test('the letters of a resource are kept in a batch', async t => {
  const text = `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"Practitioner"},"resource":
    {"resourceType":"Practitioner","extension":[{"url":"urn:example:a","valueDecimal":1.50}]}}]}`
  const answer = await rest.post('', text)
  const [location] = select(answer.json, '/entry/0/response/location')
  t.match((await rest.get(String(location))).bytes.toString(), /"valueDecimal":1\.50\}/)
})

t.test('Prefer is meant for each entry', async t => {
  const bundle = bundleOf('batch', [['POST', 'Practitioner', practitioner()]])
  const whole = await rest.post('', bundle, { headers: { prefer: 'return=representation' } })
  t.match(select(whole.json, '/entry/0/resource')[0], { resourceType: 'Practitioner' })
  const minimal = await rest.post('', bundle, { headers: { prefer: 'return=minimal' } })
  t.same(select(minimal.json, '/entry/0/resource'), [])
})

t.test('an empty batch is answered with an empty one', async t => {
  const answer = await rest.post('', { resourceType: 'Bundle', type: 'batch' })
  t.equal(answer.status, 200)
  t.match(answer.json, { type: 'batch-response' })
})

t.test('a batch of 1,000 entries of all methods is performed', async t => {
  const id = (n: number, what: string) => `${what}-${n}`
  const named = (n: number, what: string) => ({ ...practitioner(), id: id(n, what) })
  const standing = Array.from({ length: 200 }, (_, n) =>
    ['patched', 'gone', 'read'].map(what => ['PUT', `Practitioner/${id(n, what)}`, named(n, what)] as const),
  ).flat()
  t.same([...new Set(statusesOf(await batch(...standing)))], [201])
  const data = Buffer.from('[{"op":"add","path":"/active","value":true}]').toString('base64')
  const patch = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }
  const answer = await batch(
    ...Array.from({ length: 200 }, (_, n) => [
      ['GET', `Practitioner/${id(n, 'read')}`] as const,
      ['POST', 'Practitioner', practitioner()] as const,
      ['PATCH', `Practitioner/${id(n, 'patched')}`, patch] as const,
      ['DELETE', `Practitioner/${id(n, 'gone')}`] as const,
      ['PUT', `Practitioner/${id(n, 'put')}`, named(n, 'put')] as const,
    ]).flat(),
  )
  t.equal(answer.status, 200)
  t.same(statusesOf(answer), Array.from({ length: 200 }, () => [200, 201, 200, 204, 201]).flat())
  t.match((await rest.get(`Practitioner/${id(199, 'patched')}`)).json, { active: true })
})

t.test('a batch of more than 1,000 entries is refused', async t => {
  const answer = await batch(...Array.from({ length: 1001 }, () => ['GET', 'Practitioner/nobody'] as const))
  t.equal(answer.status, 400)
  t.same(issuesOf(answer), ['tooCostly too-costly Bundle.entry'])
})

t.test('an entry that is a batch itself is not performed', async t => {
  const inner = bundleOf('batch', [['DELETE', 'Practitioner/x']])
  t.same(statusesOf(await batch(['POST', '', inner], ['POST', 'Bundle', inner])), [400, 404])
})
