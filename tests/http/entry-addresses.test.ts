/** What the URLs and criteria of entries that write may not mean. https://hl7.org/fhir/R4/http.html#transaction */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, type EntryMore, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const practitioner = (id: string, family: string) => ({ resourceType: 'Practitioner', id, name: [{ family }] })
const jsonPatch = (patch: readonly object[]) => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(patch)).toString('base64'),
})

const kinds = ['batch', 'transaction'] as const

/** The outcome of the second entry of a batch, or of the transaction. */
const refusalOf = (type: (typeof kinds)[number], json: unknown) => ({
  json: type === 'batch' ? select(json, '/entry/1/response/outcome')[0] : json,
})

t.before(async () => {
  await rest.put('Practitioner/stays', practitioner('stays', 'Stays'))
})

for (const type of kinds)
  for (const [method, body] of [
    ['PUT', practitioner('stays', 'Changed')],
    ['PATCH', jsonPatch([{ op: 'replace', path: '/name/0/family', value: 'Changed' }])],
    ['DELETE', undefined],
  ] as const)
    for (const url of ['Practitioner/stays/_history/1', 'Practitioner/stays/_history'])
      t.test(`a ${type} refuses to ${method} ${url}: versions do not change`, async t => {
        const answer = await rest.post(
          '',
          bundleOf(type, [
            ['GET', 'Practitioner/stays'],
            [method, url, body],
          ]),
        )
        t.same(issuesOf(refusalOf(type, answer.json)), ['notAllowed not-supported Bundle.entry[1].request.method'])
        const { status, json } = await rest.get('Practitioner/stays')
        t.equal(status, 200)
        t.match(json, { meta: { versionId: '1' }, name: [{ family: 'Stays' }] })
      })

for (const type of kinds)
  for (const [what, method, url, more] of [
    ['a delete', 'DELETE', 'PractitionerRole?_format=json', {}],
    ['a delete', 'DELETE', 'PractitionerRole?_pretty=true&_format=xml', {}],
    ['an update', 'PUT', 'PractitionerRole?_format=json', {}],
    ['a create', 'POST', 'PractitionerRole', { ifNoneExist: '_format=json' }],
  ] as const)
    t.test(`the form of an answer is no criterion: ${what} by ${url} in a ${type}`, async t => {
      await rest.put('PractitionerRole/only', { resourceType: 'PractitionerRole', id: 'only' })
      const body = method === 'DELETE' ? undefined : { resourceType: 'PractitionerRole' }
      const answer = await rest.post(
        '',
        bundleOf(type, [
          ['GET', 'Practitioner/stays'],
          [method, url, body, more],
        ]),
      )
      const [issue] = issuesOf(refusalOf(type, answer.json))
      t.match(issue, /^badParameter value/)
      t.equal((await rest.get('PractitionerRole/only')).status, 200)
    })

const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
const role = { resourceType: 'PractitionerRole', practitioner: { reference: 'Practitioner?foo=1' } }
const failing: readonly (readonly [string, string, object | undefined, EntryMore, string])[] = [
  ['PUT', 'Practitioner?foo=1', { resourceType: 'Practitioner' }, {}, 'resource'],
  ['POST', 'Practitioner', { resourceType: 'Practitioner' }, { ifNoneExist: 'foo=1' }, 'resource'],
  ['POST', 'Practitioner', { resourceType: 'Practitioner' }, { ifNoneExist: '_count=1' }, 'resource'],
  ['DELETE', 'Practitioner?foo=1', undefined, {}, 'request.url'],
  ['DELETE', 'Practitioner?', undefined, {}, 'request.url'],
  ['PATCH', 'Practitioner?foo=1', jsonPatch([]), {}, 'request.url'],
  ['POST', 'PractitionerRole', role, { fullUrl: urn }, 'resource'],
]
for (const [method, url, body, more, where] of failing)
  t.test(
    `a transaction names the entry whose criteria are wrong: ${method} ${url} ${JSON.stringify(more)}`,
    async t => {
      const answer = await rest.post(
        '',
        bundleOf('transaction', [
          ['GET', 'Practitioner/stays'],
          [method, url, body, more],
        ]),
      )
      t.equal(answer.status, 400)
      t.match(issuesOf(answer), [new RegExp(`Bundle\\.entry\\[1\\]\\.${where}$`)])
    },
  )

t.test('a request of its own names the parameter', async t => {
  const answer = await rest.put('Practitioner?foo=1', { resourceType: 'Practitioner' })
  t.same(issuesOf(answer), ['unknownParameter not-supported http.foo'])
})

for (const type of kinds)
  t.test(`criteria of a create stand in ifNoneExist, not in its URL: a ${type}`, async t => {
    const asked = ['POST', 'Practitioner?family=stays', { resourceType: 'Practitioner' }] as const
    const answer = await rest.post('', bundleOf(type, [['GET', 'Practitioner/stays'], asked]))
    t.same(issuesOf(refusalOf(type, answer.json)), ['malformedBody not-supported Bundle.entry[1].request.url'])
  })

for (const [method, path, body] of [
  ['post', 'Practitioner', { resourceType: 'Practitioner' }],
  ['put', 'Practitioner/stays', practitioner('stays', 'Changed')],
  ['patch', 'Practitioner/stays', [{ op: 'add', path: '/active', value: true }]],
  ['delete', 'Practitioner/stays', undefined],
] as const)
  t.test(`${method} ${path} takes no parameters but those of the form`, async t => {
    const send = (query: string) =>
      method === 'delete' ? rest.delete(`${path}?${query}`) : rest[method](`${path}?${query}`, body ?? {})
    const refused = await send('_cascade=delete')
    t.equal(refused.status, 400)
    t.same(issuesOf(refused), ['unknownParameter not-supported http._cascade'])
    t.match((await rest.get('Practitioner/stays')).json, { name: [{ family: 'Stays' }] })
    if (method === 'post') t.equal((await send('_format=json&_pretty=true')).status, 201)
  })
