/** Public bugs of other servers about searches: what was guessed, left out, or never came to an end. */
import t from 'tap'
import { bundleOf, idOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from '../../http/rest.ts'
import { select } from '../../support/pointer.ts'

const rest = await startRest(t)
const patient = (id: string) =>
  rest.put(`Patient/${id}`, {
    resourceType: 'Patient',
    id,
    name: [{ family: 'Essai' }],
    identifier: [{ system: 'urn:example', value: id }],
  })
await Promise.all(['ann', 'bea'].map(patient))

const observation = (id: string, more: object = {}) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { coding: [{ code: id }] } },
  ...{ subject: { reference: 'Patient/ann' }, ...more },
})
const put = async (...resources: readonly { readonly resourceType: string; readonly id: string }[]) => {
  const entries = resources.map(each => ['PUT', `${each.resourceType}/${each.id}`, each] as const)
  const answer = await rest.post('', bundleOf('batch', entries))
  const refused = statusesOf(answer).filter(status => status > 201)
  if (refused.length > 0) throw new Error(JSON.stringify(answer.json))
}
const codes = Array.from({ length: 12 }, (_, n) => `code-${n}`)
await put(
  ...codes.map(code => observation(code)),
  ...codes.map(code => observation(`of-${code}`, { hasMember: [{ reference: `Observation/${code}` }] })),
  observation('of-bea', { subject: { reference: 'Patient/bea' } }),
  observation('night', { effectiveDateTime: '2026-01-15T00:30:00+01:00' }),
  observation('profiled', { meta: { profile: ['http://example.org/profiles/a/b'] } }),
)

t.test(
  'a parameter in the wrong case, or that nobody knows, is refused: it never finds everybody (FirelyTeam/spark#436)',
  async t => {
    for (const name of ['Patient', 'PATIENT', 'Subject', 'patientId', 'patients', 'unheard']) {
      const answer = await rest.get(`Observation?${name}=ann`)
      t.equal(answer.status, 400, name)
      t.match(issuesOf(answer)[0], /^unknownParameter/)
      const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
      t.equal((await rest.post('Observation/_search', `${name}=ann`, form)).status, 400, `${name} by POST`)
    }
    const lenient = { headers: { prefer: 'handling=lenient' } }
    t.equal((await rest.get('Observation?Patient=ann', lenient)).status, 400, 'nor when the client is lenient')
    const ignored = await rest.get('Observation?patient=ann&unheard=of&_count=1', lenient)
    t.match(select(ignored.json, '/link/[relation=self]/url')[0], /patient=ann/)
    t.notMatch(select(ignored.json, '/link/[relation=self]/url')[0], /unheard/, 'the self link says what was applied')
  },
)

t.test('eleven alternatives behind a chain are found, and at once (hapifhir/hapi-fhir#7624)', async t => {
  const eleven = codes.slice(0, 11)
  const began = performance.now()
  const answer = await rest.get(`Observation?patient=ann&has-member:Observation.code=${eleven.join(',')}&_count=100`)
  t.same([...idsOf(answer)].sort(), eleven.map(code => `of-${code}`).sort())
  const back = await rest.get(
    `Observation?patient=ann&_has:Observation:has-member:_id=${eleven.map(code => `of-${code}`).join(',')}&_count=100`,
  )
  t.same([...idsOf(back)].sort(), [...eleven].sort())
  t.ok(performance.now() - began < 5000)
})

t.test('a time without a zone, and a day, are those of this country (samply/blaze#1498)', async t => {
  t.same(idsOf(await rest.get('Observation?date=2026-01-15')), ['night'])
  t.same(idsOf(await rest.get('Observation?date=2026-01-14')), [])
  t.same(idsOf(await rest.get('Observation?date=2026-01-15T00:30:00')), ['night'])
})

t.test(':below of a URL is answered (Aidbox: 500)', async t => {
  t.same(idsOf(await rest.get('Observation?_profile:below=http://example.org/profiles')), ['profiled'])
  t.same(idsOf(await rest.get('Observation?_profile:below=http://example.org/prof')), [])
})

t.test(
  '_include=* is answered, and what comes along goes over pages (Medplum: 400; Spark, Aidbox: 500; Microsoft)',
  async t => {
    const search = 'Observation?patient=ann&code=code-1&_include=*&_revinclude:iterate=Observation:has-member&_count=1'
    const answer = await rest.get(search)
    t.equal(answer.status, 200)
    t.same([...idsOf(answer, 'include')].sort(), ['ann', 'of-code-1'])
    const iterated = 'Observation?patient=ann&_id=of-code-2,of-code-3&_include:iterate=Observation:has-member&_count=1'
    const first = await rest.get(iterated)
    const second = await rest.get(nextOf(first) ?? '')
    t.same([...idsOf(first, 'include'), ...idsOf(second, 'include')].sort(), ['code-2', 'code-3'])
  },
)

t.test('a chain that is also sorted is answered (medplum/medplum#4212)', async t => {
  const answer = await rest.get('Observation?patient=ann&has-member:Observation.code=code-1,code-2&_sort=-code')
  t.same(idsOf(answer), ['of-code-2', 'of-code-1'])
})

t.test('pages that are fetched at once are answered, all alike (hapifhir/hapi-fhir#6109)', async t => {
  const next = nextOf(await rest.get('Observation?patient=ann&_count=5')) ?? ''
  const pages = await Promise.all(Array.from({ length: 20 }, () => rest.get(next)))
  t.same([...new Set(pages.map(({ status }) => status))], [200])
  t.same(new Set(pages.map(page => idsOf(page).join())).size, 1)
})

t.test('a link to a page shows no value of the search (Firely Server)', async t => {
  const next = nextOf(await rest.get('Patient?family=Essai&_count=1')) ?? ''
  t.notMatch(decodeURIComponent(next), /essai/i)
  const [, sealed = ''] = (new URL(next).searchParams.get('_page') ?? '').split('.')
  t.ok(sealed.length > 0)
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), /essai/i)
})

t.test('what is no resource of R4 is refused, not kept with a warning (medplum/medplum#8819)', async t => {
  for (const [name, members] of [
    ['an unknown element', { unheard: 'of' }],
    ['a list in the place of one', { code: [] }],
    ['a missing element', { code: undefined }],
    ['a date that no calendar has', { effectiveDateTime: '2026-02-30' }],
  ] as const)
    t.equal((await rest.post('Observation', { ...observation('x'), id: undefined, ...members })).status, 422, name)
})

t.test(
  'a patch adds one identifier (samply/blaze#827), by criteria too (conditional patch: Blaze, Firely, Medplum)',
  async t => {
    const id = idOf(
      await rest.post('Patient', { resourceType: 'Patient', identifier: [{ system: 'urn:a', value: '1' }] }),
    )
    const add = [{ op: 'add', path: '/identifier/-', value: { system: 'urn:b', value: '2' } }]
    t.equal((await rest.patch(`Patient/${id}`, add)).status, 200)
    t.equal((await rest.patch('Patient?identifier=urn:b|2', add)).status, 200)
    t.same(select((await rest.get(`Patient/${id}`)).json, '/identifier/*/value'), ['1', '2', '2'])
  },
)

t.test('a reference by criteria in a transaction is resolved (samply/blaze#433)', async t => {
  const reference = { reference: 'Patient?identifier=urn:example|bea' }
  const body = { ...observation('x'), id: undefined, subject: reference }
  const answer = await rest.post('', bundleOf('transaction', [['POST', 'Observation', body]]))
  t.equal(answer.status, 200)
  const [location] = select(answer.json, '/entry/0/response/location').map(String)
  const [, id] = /Observation\/([^/]+)/.exec(location ?? '') ?? []
  t.match((await rest.get(`Observation/${id}`)).json, { subject: { reference: 'Patient/bea' } })
})

const evil: readonly (readonly [what: string, html: string])[] = [
  ['a script', '<script>alert(1)</script>'],
  ['a link to a script', '<a href="javascript:alert(1)">x</a>'],
  ['a link to a script behind a blank', '<a href=" java&#115;cript:alert(1)">x</a>'],
  ['a link to data', '<a href="data:text/html,x">x</a>'],
  ['an image of a script', '<img src="javascript:alert(1)" alt="x"/>'],
  ['an image that asks elsewhere', '<img src="x" onerror="alert(1)" alt="x"/>'],
  ['a drawing with a script', '<svg onload="alert(1)"/>'],
  ['a frame', '<iframe src="https://evil.example"/>'],
]

for (const [what, html] of evil)
  t.test(`a narrative with ${what} is refused (microsoft/fhir-server#5699)`, async t => {
    const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${html}</div>` }
    const answer = await rest.post('Observation', { ...observation('x'), id: undefined, text })
    t.equal(answer.status, 422)
    t.match(issuesOf(answer)[0], /^invalidResource \w+ Observation\.text\.div/)
  })

t.test(
  'a script in the title or the address of an attachment is data, and runs nowhere (microsoft/fhir-server#5699)',
  async t => {
    const attachment = { contentType: 'text/html', title: '"><script>alert(1)</script>', data: 'PHNjcmlwdD4=' }
    const body = { resourceType: 'DocumentReference', status: 'current', content: [{ attachment }] }
    const made = await rest.post('DocumentReference', { ...body, subject: { reference: 'Patient/ann' } })
    t.equal(made.status, 201)
    const { headers } = await rest.get(`DocumentReference/${idOf(made)}`, {
      headers: { accept: 'text/html,*/*;q=0.1' },
    })
    t.match(headers.get('content-type'), /^application\/fhir\+json/)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.match(headers.get('content-security-policy'), /default-src 'none'/)
  },
)
