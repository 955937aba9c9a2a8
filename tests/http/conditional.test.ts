/** Criteria in the place of an id: conditional update, patch and delete. https://hl7.org/fhir/R4/http.html#cond-update */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, idsOf, issuesOf, startRest, statusesOf, tally } from './rest.ts'

/** The statement of the project, where one delete may remove several Observations. */
function severalDeleted(): string {
  const path = join(t.testdir({}), 'statement.json')
  const text = readFileSync(join(root, 'capability-statement.json'), 'utf8')
  const at = text.indexOf('"type": "Observation"')
  writeFileSync(
    path,
    text.slice(0, at) + text.slice(at).replace('"conditionalDelete": "single"', '"conditionalDelete": "multiple"'),
  )
  return path
}

const rest = await startRest(t, { environment: { CAPABILITY_STATEMENT: severalDeleted() } })
const system = 'urn:example:numbers'
const numbered = (value: string, more: object = {}) => ({ identifier: [{ system, value }], ...more })
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const observation = (more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Weight' },
  subject: { reference: `Patient/${patient}` },
  ...more,
})
const inBinary = (patch: object) => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(patch)).toString('base64'),
})

const rows = [
  [
    'a resource of a record',
    'Observation',
    (value: string, more: object = {}) => observation(numbered(value, more)),
    { status: 'amended' },
  ],
  [
    'a patient',
    'Patient',
    (value: string, more: object = {}) => ({ resourceType: 'Patient', ...numbered(value, more) }),
    { gender: 'female' },
  ],
  [
    'a resource of the directory',
    'Practitioner',
    (value: string, more: object = {}) => ({ resourceType: 'Practitioner', ...numbered(value, more) }),
    { gender: 'female' },
  ],
  [
    'a resource of records that is nobody’s',
    'Observation',
    (value: string, more: object = {}) => ({ ...observation(numbered(value, more)), subject: undefined }),
    { status: 'amended' },
  ],
] as const

for (const [sentence, type, resourceOf, change] of rows) {
  const of = (value: string): string => `${type}?identifier=${system}|${value}`
  const slug = sentence.replaceAll(/\W/g, '-')

  t.test(`a conditional update of ${sentence}: none is created, one is updated, several are 412`, async t => {
    const number = `${slug}-update`
    const created = await rest.put(of(number), resourceOf(number))
    t.equal(created.status, 201)
    t.match(created.headers.get('location'), new RegExp(`/${type}/[^/]+/_history/1$`))
    const id = idOf(created)
    const updated = await rest.put(of(number), resourceOf(number, change))
    t.equal(updated.status, 200)
    t.equal(updated.headers.get('etag'), 'W/"2"')
    t.match(updated.json, { id, ...change })
    t.equal((await rest.put(of(number), resourceOf(number, { id }))).status, 200, 'the id may be named')
    const other = await rest.put(of(number), resourceOf(number, { id: 'another' }))
    t.equal(other.status, 400, 'another may not')
    t.same(issuesOf(other), [`malformedBody structure ${type}.id`])
    await rest.post(type, resourceOf(number))
    const several = await rest.put(of(number), resourceOf(number))
    t.equal(several.status, 412)
    t.same(issuesOf(several), [`multipleMatches multiple-matches ${type}`])
    t.equal((await rest.get(`${type}/${id}`)).headers.get('etag'), 'W/"3"')
  })

  t.test(`a conditional update of ${sentence} that finds none creates it under the id of the resource`, async t => {
    const number = `${slug}-chosen`
    const created = await rest.put(of(number), resourceOf(number, { id: `chosen-${slug}` }))
    t.equal(created.status, 201)
    t.equal(idOf(created), `chosen-${slug}`)
    const taken = await rest.put(of('something-else'), resourceOf('something-else', { id: `chosen-${slug}` }))
    t.equal(taken.status, 409, 'where nobody has it')
    t.equal((await rest.get(`${type}/chosen-${slug}`)).headers.get('etag'), 'W/"1"')
  })

  t.test(`of 64 equal conditional updates of ${sentence} at once one creates, and the others update`, async t => {
    const number = `${slug}-raced`
    const answers = await atOnce(64, () => rest.put(of(number), resourceOf(number)))
    t.same(tally(answers), { 200: 63, 201: 1 })
    t.equal(new Set(answers.map(idOf)).size, 1)
    t.equal(idsOf(await rest.get(of(number))).length, 1)
    t.equal((await rest.get(`${type}/${idOf(answers[0] as never)}`)).headers.get('etag'), 'W/"64"')
  })

  t.test(`a conditional patch of ${sentence}: none is 404, one is patched, several are 412`, async t => {
    const number = `${slug}-patch`
    const patch = Object.entries(change).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }))
    t.equal((await rest.patch(of(number), patch)).status, 404)
    const id = idOf(await rest.post(type, resourceOf(number)))
    const patched = await rest.patch(of(number), patch)
    t.equal(patched.status, 200)
    t.match(patched.json, { id, ...change })
    t.equal((await rest.patch(of(number), patch, { headers: { 'if-match': 'W/"1"' } })).status, 412)
    await rest.post(type, resourceOf(number))
    t.same(issuesOf(await rest.patch(of(number), patch)), [`multipleMatches multiple-matches ${type}`])
    t.equal((await rest.get(`${type}/${id}`)).headers.get('etag'), 'W/"2"')
  })

  if (type === 'Observation') continue
  t.test(`a conditional delete of ${sentence}: none is 204, one is deleted, several are 412`, async t => {
    const number = `${slug}-delete`
    t.equal((await rest.delete(of(number))).status, 204)
    const id = idOf(await rest.post(type, resourceOf(number)))
    t.equal((await rest.delete(of(number))).status, 204)
    t.equal((await rest.get(`${type}/${id}`)).status, 410)
    const standing = [await rest.post(type, resourceOf(number)), await rest.post(type, resourceOf(number))]
    const several = await rest.delete(of(number))
    t.equal(several.status, 412)
    t.same(issuesOf(several), [`multipleMatches multiple-matches ${type}`])
    for (const answer of standing) t.equal((await rest.get(`${type}/${idOf(answer)}`)).status, 200)
  })
}

t.test('64 conditional patches at once all find their resource', async t => {
  await rest.post('Observation', observation(numbered('patched', { note: [{ text: 'first' }] })))
  const answers = await atOnce(64, n =>
    rest.patch(`Observation?identifier=${system}|patched`, [
      { op: 'add', path: '/note/-', value: { text: String(n) } },
    ]),
  )
  t.same(tally(answers), { 200: 64 })
})

t.test('where the statement says so, a conditional delete removes several, at most 100, of one patient', async t => {
  const url = (value: string): string => `Observation?identifier=${system}|${value}`
  const three = await atOnce(3, () => rest.post('Observation', observation(numbered('several'))))
  t.equal((await rest.delete(url('several'))).status, 204)
  for (const answer of three) t.equal((await rest.get(`Observation/${idOf(answer)}`)).status, 410)
  await rest.post(
    '',
    bundleOf(
      'transaction',
      Array.from({ length: 101 }, () => ['POST', 'Observation', observation(numbered('many'))] as const),
    ),
  )
  t.equal((await rest.delete(url('many'))).status, 412)
  t.equal(select((await rest.get(`${url('many')}&_summary=count`)).json, '/total')[0], 101)
  const other = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
  await rest.post('Observation', observation(numbered('of-two')))
  await rest.post('Observation', observation(numbered('of-two', { subject: { reference: `Patient/${other}` } })))
  t.equal((await rest.delete(url('of-two'))).status, 422)
  t.equal(idsOf(await rest.get(url('of-two'))).length, 2)
})

for (const [sentence, query, status] of [
  ['no criteria', '', 400],
  ['criteria without a value', 'identifier=', 400],
  ['a parameter that nobody knows', 'identifer=a', 400],
  ['a control parameter', 'identifier=a&_sort=_id', 400],
  ['a chain', 'subject:Patient.family=a', 400],
] as const) {
  t.test(`${sentence} are refused, also when the client asks for lenience`, async t => {
    const headers = { prefer: 'handling=lenient' }
    const url = `Observation?${query}`
    t.equal((await rest.put(url, observation(), { headers })).status, status, 'PUT')
    t.equal((await rest.patch(url, [], { headers })).status, status, 'PATCH')
    t.equal((await rest.delete(url, { headers })).status, status, 'DELETE')
  })
}

t.test('what is not promised takes no criteria', async t => {
  for (const url of ['Binary?_id=a', 'AuditEvent?_id=a']) {
    t.equal((await rest.put(url, {})).status, 405, url)
    t.equal((await rest.delete(url)).status, 405, url)
    t.equal((await rest.post('', bundleOf('transaction', [['DELETE', url]]))).status, 405, url)
    t.same(statusesOf(await rest.post('', bundleOf('batch', [['DELETE', url]]))), [405], url)
  }
})

for (const [sentence, tag, standing, status] of [
  ['anything, where something stands', '*', true, 412],
  ['anything, where nothing stands', '*', false, 201],
  ['the version that stands', 'W/"1"', true, 412],
  ['another version than the one that stands', 'W/"7"', true, 200],
] as const) {
  t.test(`a PUT with If-None-Match of ${sentence} is answered with ${status}`, async t => {
    const id = `none-match-${sentence.replaceAll(/\W/g, '-')}`.slice(0, 60)
    const resource = { resourceType: 'Practitioner', id }
    if (standing) await rest.put(`Practitioner/${id}`, resource)
    const changed = { ...resource, active: true }
    t.equal((await rest.put(`Practitioner/${id}`, changed, { headers: { 'if-none-match': tag } })).status, status)
    const entry = ['PUT', `Practitioner/${id}-2`, { ...changed, id: `${id}-2` }, { ifNoneMatch: tag }] as const
    if (standing) await rest.put(`Practitioner/${id}-2`, { ...resource, id: `${id}-2` })
    const answer = await rest.post('', bundleOf('transaction', [entry]))
    t.equal(answer.status, status === 412 ? 412 : 200, 'in a transaction too')
  })
}

t.test('of 32 PUTs at once that want to be the first one is', async t => {
  const resource = { resourceType: 'Practitioner', id: 'first' }
  const headers = { 'if-none-match': '*' }
  t.same(tally(await atOnce(32, () => rest.put('Practitioner/first', resource, { headers }))), { 201: 1, 412: 31 })
})

t.test('If-Match goes with criteria too', async t => {
  const url = `Practitioner?identifier=${system}|if-match`
  const resource = { resourceType: 'Practitioner', ...numbered('if-match') }
  t.equal((await rest.put(url, resource, { headers: { 'if-match': 'W/"1"' } })).status, 412, 'nothing stands')
  await rest.put(url, resource)
  t.equal((await rest.put(url, resource, { headers: { 'if-match': 'W/"1"' } })).status, 200)
  t.equal((await rest.put(url, resource, { headers: { 'if-match': 'W/"1"' } })).status, 412)
  t.equal((await rest.delete(url, { headers: { 'if-match': 'W/"1"' } })).status, 412)
  t.equal((await rest.delete(url, { headers: { 'if-match': 'W/"2"' } })).status, 204)
})

for (const type of ['batch', 'transaction'] as const) {
  t.test(`entries of a ${type} take criteria, and an update by criteria is referred to by its fullUrl`, async t => {
    const url = (value: string): string => `Practitioner?identifier=${system}|${type}-${value}`
    const practitioner = (value: string) => ({ resourceType: 'Practitioner', ...numbered(`${type}-${value}`) })
    const [known, gone] = [
      idOf(await rest.post('Practitioner', practitioner('known'))),
      idOf(await rest.post('Practitioner', practitioner('gone'))),
    ]
    const patched = idOf(await rest.post('Practitioner', practitioner('patched')))
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['PUT', url('known'), { ...practitioner('known'), active: true }],
        ['PUT', url('new'), practitioner('new')],
        ['PATCH', url('patched'), inBinary([{ op: 'add', path: '/active', value: true }])],
        ['DELETE', url('gone')],
        ['DELETE', url('nobody')],
        ['HEAD', `Practitioner/${known}`],
        ['HEAD', url('known')],
        ['GET', `Practitioner/${known}`, undefined, { ifNoneMatch: 'W/"2"' }],
        ['GET', `Practitioner/${known}`, undefined, { ifModifiedSince: new Date(Date.now() + 5000).toUTCString() }],
      ]),
    )
    t.same(statusesOf(answer), [200, 201, 200, 204, 204, 200, 200, 304, 304])
    t.same(select(answer.json, '/entry/5/resource'), [], 'a HEAD has no body')
    t.same(select(answer.json, '/entry/5/response/etag'), ['W/"2"'])
    t.match((await rest.get(`Practitioner/${patched}`)).json, { active: true })
    t.equal((await rest.get(`Practitioner/${gone}`)).status, 410)
    t.equal(idsOf(await rest.get(url('new'))).length, 1)
  })
}

t.test('a transaction refers to what an update by criteria finds or creates', async t => {
  const url = (value: string): string => `Practitioner?identifier=${system}|${value}`
  const known = idOf(await rest.post('Practitioner', { resourceType: 'Practitioner', ...numbered('referred') }))
  const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['PUT', url('referred'), { resourceType: 'Practitioner', ...numbered('referred') }, { fullUrl: urn(1) }],
      ['PUT', url('to-come'), { resourceType: 'Practitioner', ...numbered('to-come') }, { fullUrl: urn(2) }],
      ['POST', 'Observation', observation({ performer: [{ reference: urn(1) }, { reference: urn(2) }] })],
    ]),
  )
  t.same(statusesOf(answer), [200, 201, 201])
  const [created] = idsOf(await rest.get(url('to-come')))
  const [location] = select(answer.json, '/entry/2/response/location')
  const { json } = await rest.get(String(location))
  t.same(select(json, '/performer/*/reference'), [`Practitioner/${known}`, `Practitioner/${created}`])
})

t.test('a transaction does all or nothing where criteria mean several, or the same twice', async t => {
  const url = `Practitioner?identifier=${system}|twice`
  const practitioner = { resourceType: 'Practitioner', ...numbered('twice') }
  const only = await rest.post('Practitioner', practitioner)
  const same = await rest.post(
    '',
    bundleOf('transaction', [
      ['PUT', url, practitioner],
      ['PUT', url, practitioner],
    ]),
  )
  t.equal(same.status, 422)
  const fresh = `${url}-fresh`
  const twice = await rest.post(
    '',
    bundleOf('transaction', [
      ['PUT', fresh, { resourceType: 'Practitioner', ...numbered('twice-fresh') }],
      ['PUT', fresh, { resourceType: 'Practitioner', ...numbered('twice-fresh') }],
    ]),
  )
  t.equal(twice.status, 422)
  t.equal(idsOf(await rest.get(fresh)).length, 0)
  await rest.post('Practitioner', practitioner)
  for (const entry of [['PUT', url, practitioner] as const, ['DELETE', url] as const]) {
    const answer = await rest.post(
      '',
      bundleOf('transaction', [['POST', 'Practitioner', { resourceType: 'Practitioner', ...numbered('left') }], entry]),
    )
    t.equal(answer.status, 412)
    t.match(issuesOf(answer)[0], /^multipleMatches multiple-matches Bundle\.entry\[1\]/)
  }
  t.equal(idsOf(await rest.get(`Practitioner?identifier=${system}|left`)).length, 0)
  t.equal((await rest.get(`Practitioner/${idOf(only)}`)).headers.get('etag'), 'W/"1"')
})

t.test('what a transaction deletes, its other criteria no longer find', async t => {
  const url = `Practitioner?identifier=${system}|renewed`
  const practitioner = { resourceType: 'Practitioner', ...numbered('renewed') }
  const former = idOf(await rest.post('Practitioner', practitioner))
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['PUT', url, practitioner],
      ['DELETE', url],
    ]),
  )
  t.same(statusesOf(answer), [201, 204])
  const [id, ...others] = idsOf(await rest.get(url))
  t.not(id, former)
  t.same(others, [])
})

for (const returns of ['minimal', 'representation', 'OperationOutcome'] as const) {
  t.test(`Prefer: return=${returns} holds for deletes and for every entry of a Bundle`, async t => {
    const headers = { prefer: `return=${returns}` }
    const made = async () => idOf(await rest.post('Practitioner', { resourceType: 'Practitioner' }))
    const deleted = await rest.delete(`Practitioner/${await made()}`, { headers })
    t.equal(deleted.status, returns === 'OperationOutcome' ? 200 : 204)
    t.equal(select(deleted.json, '/resourceType')[0], returns === 'OperationOutcome' ? returns : undefined)
    for (const type of ['batch', 'transaction'] as const) {
      const [one, two, three] = [await made(), await made(), await made()]
      const answer = await rest.post(
        '',
        bundleOf(type, [
          ['POST', 'Practitioner', { resourceType: 'Practitioner' }],
          ['PUT', `Practitioner/${one}`, { resourceType: 'Practitioner', id: one }],
          ['PATCH', `Practitioner/${two}`, inBinary([])],
          ['DELETE', `Practitioner/${three}`],
        ]),
        { headers },
      )
      const resources = select(answer.json, '/entry/*/resource/resourceType')
      const outcomes = select(answer.json, '/entry/*/response/outcome/resourceType')
      t.same(resources, returns === 'representation' ? Array(3).fill('Practitioner') : [], `${type} resources`)
      t.same(outcomes, returns === 'OperationOutcome' ? Array(4).fill(returns) : [], `${type} outcomes`)
    }
  })
}

t.test('a transaction of 1,000 entries is performed, one of 1,001 is not', async t => {
  const entries = Array.from(
    { length: 1000 },
    () => ['POST', 'Practitioner', { resourceType: 'Practitioner', ...numbered('thousand') }] as const,
  )
  const answer = await rest.post('', bundleOf('transaction', entries))
  t.equal(answer.status, 200)
  t.equal(select(answer.json, '/entry/*').length, 1000)
  t.equal((await rest.post('', bundleOf('transaction', [...entries, entries[0] as never]))).status, 400)
})
