/** Parameters of R4 that are not searched, with every type served: never promised, and refused by name with what to ask instead. https://hl7.org/fhir/R4/search.html#errors */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t, {
  environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
})
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }

/** The type, the parameter, a value as R4 writes it, a link to the type from another, and one from the type; what to ask instead. */
const notSearched = [
  [
    'Location',
    'near',
    '48.85|2.35|10|km',
    'PractitionerRole?location',
    'Organization?_has:Location:organization',
    'address-city',
  ],
  [
    'MolecularSequence',
    'chromosome-variant-coordinate',
    '1$lt345$gt123',
    'Observation?derived-from:MolecularSequence',
    'Patient?_has:MolecularSequence:patient',
    'variant-start',
  ],
  [
    'MolecularSequence',
    'referenceseqid-variant-coordinate',
    'NC_000001.11$lt345$gt123',
    'Observation?derived-from:MolecularSequence',
    'Patient?_has:MolecularSequence:patient',
    'variant-start',
  ],
] as const

for (const [type, code, value, forward, backward, remedy] of notSearched) {
  const encoded = encodeURIComponent(value)
  for (const url of [
    `${type}?${code}=${encoded}`,
    `${type}?${code}:missing=true`,
    `${type}?_sort=${code}`,
    `${type}?_filter=${code} eq "${value}"`,
    `${type}?_filter=_id eq a and not (${code} eq "${value}")`,
    `${forward}.${code}=${encoded}`,
    `${backward}:${code}=${encoded}`,
    `${type}?_include=${type}:${code}`,
    `${type}?_revinclude=${type}:${code}`,
    `?_type=${type},Basic&${code}=${encoded}`,
  ])
    t.test(`GET ${url}`, async t => {
      const written = url.replaceAll(' ', '%20').replaceAll('"', '%22')
      const [at = '', query = ''] = written.split(/\?(.*)/s)
      const answers = [await rest.get(written), await rest.post(at === '' ? '_search' : `${at}/_search`, query, form)]
      const batch = await rest.post('', bundleOf('batch', [['GET', written]]))
      t.same(statusesOf(batch), [400])
      const transaction = await rest.post(
        '',
        bundleOf('transaction', [
          ['PUT', 'Basic/beside', { resourceType: 'Basic', id: 'beside', code: { text: 'x' } }],
          ['GET', written],
        ]),
      )
      t.equal((await rest.get('Basic/beside')).status, 404)
      for (const { json, status } of [
        ...answers,
        transaction,
        { json: select(batch.json, '/entry/0/response/outcome')[0], status: 400 },
      ]) {
        t.equal(status, 400)
        t.match(issuesOf({ json })[0], /^(unknownParameter not-supported|badParameter value)/)
        const [told] = select(json, '/issue/0/diagnostics')
        t.match(told, code)
        if (!/clude=|_sort=/.test(url)) t.match(told, remedy, 'what to ask instead')
      }
    })

  t.test(`${type} is not written where ${code} is asked`, async t => {
    const resource = { resourceType: type, ...(type === 'MolecularSequence' && { coordinateSystem: 0 }) }
    const criteria = `${code}=${encoded}`
    const none = { headers: { 'if-none-exist': criteria } }
    for (const answer of [
      await rest.post(type, resource, none),
      await rest.put(`${type}?${criteria}`, resource),
      await rest.delete(`${type}?${criteria}`),
    ]) {
      t.ok(answer.status === 400 || answer.status === 412, String(answer.status))
      t.match(answer.json, { resourceType: 'OperationOutcome' })
      t.match(select(answer.json, '/issue/0/diagnostics')[0], remedy)
    }
    t.match((await rest.get(`${type}?_summary=count&_id=x`)).json, { total: 0 })
  })

  t.test(`${code} is promised nowhere`, async t => {
    const { json } = await rest.get('metadata')
    const [served] = select(json, `/rest/0/resource/[type=${type}]`)
    t.match(served, { type })
    t.notOk(select(served, '/searchParam/*/name').includes(code))
    t.notOk(select(served, '/searchInclude/*').includes(`${type}:${code}`))
    const openapi = await rest.get(rest.base.replace(/fhir$/, 'docs/json'))
    t.equal(openapi.status, 200)
    t.notMatch(openapi.bytes.toString(), `"${code}"`)
  })
}

t.test('as usually served, without these types, each is refused by the type', async t => {
  const usual = await startRest(t)
  const { json } = await usual.get('metadata')
  for (const type of ['Location', 'MolecularSequence']) t.same(select(json, `/rest/0/resource/[type=${type}]`), [])
  for (const [url, status, told] of [
    ['Location?near=48.85', 404, /type/],
    ['MolecularSequence?chromosome-variant-coordinate=1', 404, /type/],
    ['PractitionerRole?location.near=48.85', 400, /location: none of the types to which it refers is served/],
    [
      'Organization?_has:Location:organization:near=1',
      400,
      /_has: expected a type that is searched here, found Location/,
    ],
    ['PractitionerRole?_include=Location:near', 400, /_include: Location:near is not followed/],
    ['PractitionerRole?_filter=location.near eq 1', 400, /chains stand beside _filter/],
    ['?_type=Location&near=48.85', 400, /expected types that are searched here/],
  ] as const) {
    const written = url.replaceAll(' ', '%20')
    const alone = await usual.get(written)
    const batch = await usual.post('', bundleOf('batch', [['GET', written]]))
    t.same([alone.status, ...statusesOf(batch)], [status, status], url)
    for (const outcome of [alone.json, select(batch.json, '/entry/0/response/outcome')[0]])
      t.match(select(outcome, '/issue/0/diagnostics')[0], told, url)
  }
})
