/** The update interaction over HTTP. https://hl7.org/fhir/R4/http.html#update */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, issuesOf, startRest, statusesOf, tally } from './rest.ts'

const rest = await startRest(t)
const patientOf = (id: string, birthDate: string) => ({ resourceType: 'Patient', id, birthDate })
const born = async (birthDate: string): Promise<string> =>
  idOf(await rest.post('Patient', { resourceType: 'Patient', birthDate }))

t.test('an update is answered with 200, the new tag and time, and the resource', async t => {
  const id = await born('1980')
  const answer = await rest.put(`Patient/${id}`, patientOf(id, '1981'))
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('etag'), 'W/"2"')
  t.ok(answer.headers.get('last-modified'))
  t.match(answer.json, { id, meta: { versionId: '2' }, birthDate: '1981' })
  t.match((await rest.get(`Patient/${id}`)).json, { meta: { versionId: '2' }, birthDate: '1981' })
})

for (const [prefer, body] of [
  ['return=minimal', undefined],
  ['return=representation', 'Patient'],
  ['return=OperationOutcome', 'OperationOutcome'],
] as const) {
  t.test(`Prefer: ${prefer} is answered with ${body ?? 'no body'}`, async t => {
    const id = await born('1980')
    const answer = await rest.put(`Patient/${id}`, patientOf(id, '1981'), { headers: { prefer } })
    t.equal(answer.status, 200)
    t.equal(select(answer.json, '/resourceType')[0], body)
    t.equal(answer.headers.get('etag'), 'W/"2"')
  })
}

for (const [sentence, ifMatch, status] of [
  ['of the current version', 'W/"2"', 200],
  ['as a strong tag', '"2"', 200],
  ['without quotation marks', '2', 200],
  ['of any version', '*', 200],
  ['of a former version', 'W/"1"', 412],
  ['of a version to come', 'W/"3"', 412],
  ['that is none', 'W/"two"', 412],
  ['that is empty', '""', 412],
  ['among others', 'W/"1", W/"2"', 200],
  ['that is not among others', 'W/"1", W/"3"', 412],
] as const) {
  t.test(`an update with an entity tag ${sentence} is answered with ${status}`, async t => {
    const id = await born('1980')
    await rest.put(`Patient/${id}`, patientOf(id, '1981'))
    const answer = await rest.put(`Patient/${id}`, patientOf(id, '1982'), { headers: { 'if-match': ifMatch } })
    t.equal(answer.status, status)
    if (status === 412) t.same(issuesOf(answer), ['versionConflict conflict Patient'])
    t.match((await rest.get(`Patient/${id}`)).json, { birthDate: status === 200 ? '1982' : '1981' })
  })
}

/** Seconds after the last change, as HTTP writes a time. */
const secondsAfter = (answer: Answer, seconds: number): Date =>
  new Date(Date.parse(answer.headers.get('last-modified') ?? '') + seconds * 1000)

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const rfc850 = (date: Date): string => {
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(/,? /)
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  return `${days.find(each => each.startsWith(weekday))}, ${day}-${month}-${year.slice(2)} ${time} GMT`
}
const asctime = (date: Date): string => {
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(/,? /)
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`
}

for (const [sentence, seconds, write, status, more] of [
  ['the second of the last change', 0, date => date.toUTCString(), 200],
  ['a time after the last change', 60, date => date.toUTCString(), 200],
  ['a time before the last change', -1, date => date.toUTCString(), 412],
  ['such a time as RFC 850 wrote it', -1, rfc850, 412],
  ['such a time as asctime writes it', -1, asctime, 412],
  ['a time after the last change as asctime writes it', 60, asctime, 200],
  ['a time that HTTP does not know', -60, date => date.toISOString(), 200],
  ['a number', -60, () => '1', 200],
  ['a day that the calendar has not', -60, () => 'Mon, 31 Feb 2020 10:00:00 GMT', 200],
  ['two times', -60, date => `${date.toUTCString()}, ${date.toUTCString()}`, 200],
  ['a time before, beside the current If-Match', -60, date => date.toUTCString(), 200, 'W/"1"'],
  ['a time after, beside a stale If-Match', 60, date => date.toUTCString(), 412, 'W/"7"'],
] as readonly (readonly [string, number, (date: Date) => string, number, string?])[])
  for (const [method, send, done] of [
    ['an update', (id, headers) => rest.put(`Patient/${id}`, patientOf(id, '1982'), { headers }), 200],
    [
      'a patch',
      (id, headers) => rest.patch(`Patient/${id}`, [{ op: 'add', path: '/active', value: true }], { headers }),
      200,
    ],
    ['a delete', (id, headers) => rest.delete(`Patient/${id}`, { headers }), 204],
    ['an update by criteria', (id, headers) => rest.put(`Patient?_id=${id}`, patientOf(id, '1982'), { headers }), 200],
  ] as readonly (readonly [string, (id: string, headers: Record<string, string>) => Promise<Answer>, number])[]) {
    const expected = status === 200 ? done : status
    t.test(`${method} with If-Unmodified-Since and ${sentence} is answered with ${expected}`, async t => {
      const created = await rest.post('Patient', { resourceType: 'Patient', birthDate: '1980' })
      const since = write(secondsAfter(created, seconds))
      const answer = await send(idOf(created), {
        'if-unmodified-since': since,
        ...(more === undefined ? {} : { 'if-match': more }),
      })
      t.equal(answer.status, expected, since)
      if (status === 412) t.same(issuesOf(answer), ['versionConflict conflict Patient'])
      const history = await rest.get(`Patient/${idOf(created)}/_history`)
      t.equal(select(history.json, '/entry/*').length, status === 412 ? 1 : 2)
    })
  }

t.test('what does not exist has no time of change: If-Unmodified-Since is passed over', async t => {
  const headers = { 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }
  t.equal((await rest.put('Patient/new-since', patientOf('new-since', '1980'), { headers })).status, 201)
  t.equal((await rest.patch('Patient/never', [{ op: 'test', path: '/id', value: 'x' }], { headers })).status, 404)
  t.equal((await rest.delete('Patient/never', { headers })).status, 404)
})

t.test('If-Unmodified-Since of a Bundle is about no entry', async t => {
  const id = await born('1980')
  const headers = { 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }
  for (const type of ['batch', 'transaction'] as const) {
    const answer = await rest.post('', bundleOf(type, [['PUT', `Patient/${id}`, patientOf(id, '1982')]]), { headers })
    t.same(statusesOf(answer), [200], type)
  }
})

t.test('of 32 writers who name the current version one writes, and so for each version', async t => {
  const id = await born('1900')
  const rounds = 4
  for (let version = 1; version <= rounds; version += 1) {
    const headers = { 'if-match': `W/"${version}"` }
    const answers = await atOnce(32, n => rest.put(`Patient/${id}`, patientOf(id, String(1901 + n)), { headers }))
    t.same(tally(answers), { 200: 1, 412: 31 })
  }
  const history = await rest.get(`Patient/${id}/_history?_count=100`)
  t.same(
    select(history.json, '/entry/*/resource/meta/versionId'),
    Array.from({ length: rounds + 1 }, (_, n) => String(rounds + 1 - n)),
  )
})

t.test('32 writers who name no version write 32 versions, each once in the history', async t => {
  const id = await born('1900')
  const answers = await atOnce(32, n => rest.put(`Patient/${id}`, patientOf(id, String(1901 + n))))
  t.same(tally(answers), { 200: 32 })
  t.equal(new Set(answers.map(({ headers }) => headers.get('etag'))).size, 32)
  const history = await rest.get(`Patient/${id}/_history?_count=100`)
  t.same(
    select(history.json, '/entry/*/resource/meta/versionId'),
    Array.from({ length: 33 }, (_, n) => String(33 - n)),
  )
  t.equal(new Set(select(history.json, '/entry/*/resource/birthDate')).size, 33)
})

t.test('an update of an id that nobody has creates it, with the id that the client chose', async t => {
  const answer = await rest.put('Patient/chosen-1', patientOf('chosen-1', '1980'))
  t.equal(answer.status, 201)
  t.equal(answer.headers.get('location'), `${rest.base}/Patient/chosen-1/_history/1`)
  t.equal(answer.headers.get('etag'), 'W/"1"')
  t.match((await rest.get('Patient/chosen-1')).json, { id: 'chosen-1' })
  t.equal((await rest.put('Patient/chosen-1', patientOf('chosen-1', '1981'))).status, 200)
  t.equal((await rest.get('Patient/chosen-1/_history/1')).status, 200)
})

t.test('the same id under two types names two resources', async t => {
  await rest.put('Patient/twice', patientOf('twice', '1980'))
  const practitioner = await rest.put('Practitioner/twice', { resourceType: 'Practitioner', id: 'twice', active: true })
  t.equal(practitioner.status, 201)
  t.match((await rest.get('Practitioner/twice')).json, { resourceType: 'Practitioner', active: true })
  t.match((await rest.get('Patient/twice')).json, { resourceType: 'Patient', birthDate: '1980' })
})

t.test('of 32 creates of one chosen id at once one is answered with 201, and each writes a version', async t => {
  const answers = await atOnce(32, n => rest.put('Patient/raced', patientOf('raced', String(1900 + n))))
  t.same(tally(answers), { 200: 31, 201: 1 })
  const history = await rest.get('Patient/raced/_history?_count=100')
  t.equal(select(history.json, '/entry/*').length, 32)
})

t.test('a resource of a record has a chosen id too, and is found by it', async t => {
  await rest.put('Patient/holder', patientOf('holder', '1980'))
  const observation = {
    resourceType: 'Observation',
    id: 'weight',
    status: 'final',
    code: { text: 'Weight' },
    subject: { reference: 'Patient/holder' },
  }
  t.equal((await rest.put('Observation/weight', observation)).status, 201)
  t.match((await rest.get('Observation/weight')).json, observation)
  t.equal(select((await rest.get('Observation?patient=holder')).json, '/entry/*').length, 1)
  t.equal(select((await rest.get('Observation?_id=weight')).json, '/entry/*').length, 1)
  t.equal(select((await rest.get('Patient?_id=holder')).json, '/entry/*').length, 1)
})

for (const [sentence, url, body, headers, status, issue] of [
  [
    'with another id in the resource',
    'Patient/one',
    patientOf('other', '1980'),
    {},
    400,
    'malformedBody structure Patient.id',
  ],
  [
    'without an id in the resource',
    'Patient/one',
    { resourceType: 'Patient' },
    {},
    400,
    'malformedBody structure Patient.id',
  ],
  [
    'of another type than the resource',
    'Patient/one',
    { resourceType: 'Practitioner', id: 'one' },
    {},
    400,
    'malformedBody structure Patient.resourceType',
  ],
  ['of an id that none can be', 'Patient/a_b', patientOf('a_b', '1980'), {}, 400, 'badParameter value'],
  [
    'of an id of this server’s own form, which no client chooses',
    'Patient/0123456789ab',
    patientOf('0123456789ab', '1980'),
    {},
    405,
    'notAllowed not-supported Patient',
  ],
  [
    'of a version of what does not exist',
    'Patient/one',
    patientOf('one', '1980'),
    { 'if-match': 'W/"1"' },
    412,
    'versionConflict conflict Patient',
  ],
  [
    'of any version of what does not exist',
    'Patient/one',
    patientOf('one', '1980'),
    { 'if-match': '*' },
    412,
    'versionConflict conflict Patient',
  ],
  [
    'to something that is not valid',
    'Patient/one',
    patientOf('one', 'long ago'),
    {},
    422,
    'invalidResource value Patient.birthDate',
  ],
  [
    'of what only the server writes',
    'AuditEvent/one',
    { resourceType: 'AuditEvent', id: 'one' },
    {},
    405,
    'notAllowed not-supported',
  ],
] as const) {
  t.test(`an update ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.put(url, body, { headers })
    t.equal(answer.status, status)
    t.same(issuesOf(answer), [issue])
    t.equal((await rest.get('Patient/one')).status, 404)
  })
}

t.test('an update does not move a resource to another patient', async t => {
  const [one, other] = [await born('1980'), await born('1981')]
  const observation = { resourceType: 'Observation', status: 'final', code: { text: 'Weight' } }
  const id = idOf(await rest.post('Observation', { ...observation, subject: { reference: `Patient/${one}` } }))
  const moved = { ...observation, id, subject: { reference: `Patient/${other}` } }
  const answer = await rest.put(`Observation/${id}`, moved)
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['refusedByRule business-rule Observation'])
  t.match((await rest.get(`Observation/${id}`)).json, { meta: { versionId: '1' } })
})

t.test('an update finds what was indexed anew, and not what was before', async t => {
  const id = idOf(await rest.post('Practitioner', { resourceType: 'Practitioner', name: [{ family: 'Formerly' }] }))
  await rest.put(`Practitioner/${id}`, { resourceType: 'Practitioner', id, name: [{ family: 'Lately' }] })
  t.same(select((await rest.get('Practitioner?family=formerly')).json, '/entry/*'), [])
  t.same(select((await rest.get('Practitioner?family=lately')).json, '/entry/*/resource/id'), [id])
})
