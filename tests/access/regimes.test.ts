/** The two other regimes: scopes and the patient compartment alone, and no rule at all. `access.md` sections 6, 9 and 12. */
import { request } from 'node:http'
import t from 'tap'
import { startServer } from '../../server/start.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, gp, operator, professional, rpps } from './support/cast.ts'
import { asks, batch, creates, insSystem, observation, patient, transaction } from './support/contents.ts'
import { expectStatus, idOf, newIns, refusalOf, type Stage, startStage } from './support/stage.ts'

const user = (...scopes: readonly string[]): Actor => ({ ...gp, scope: scopes.join(' ') })
const all = user('user/*.cruds')

const stage = await startStage(t, { ACCESS_REGIME: 'smart' })

/** A Patient with one laboratory result. */
async function person(each: Stage) {
  const id = idOf(expectStatus(await each.post(all, patient(newIns())), 201).headers.get('location'))
  const result = idOf(expectStatus(await each.post(all, observation({ id })), 201).headers.get('location'))
  return { id, result }
}
const [one, two] = [await person(stage), await person(stage)]
const stray = idOf(
  expectStatus(await stage.post(all, observation({ id: '' }, { subject: undefined })), 201).headers.get('location'),
)
const launched = (...scopes: readonly string[]): Actor => ({ ...user(...scopes), patient: one.id })

t.test('smart: scopes of users and systems hold in every record', async t => {
  for (const { id, result } of [one, two]) {
    t.equal((await stage.get(user('user/*.rs'), `Observation/${result}`)).status, 200)
    t.equal(matchesOf(await stage.get(user('system/*.rs'), `Observation?patient=${id}`)).length, 1)
  }
  t.ok(matchesOf(await stage.get(user('user/Observation.rs'), 'Observation?code=718-7')).length >= 3, 'across patients')
  t.equal(refusalOf(await stage.get(user('user/Patient.rs'), 'Observation')), '403 insufficientScope')
  t.equal(refusalOf(await stage.post(user('user/*.rs'), observation(one))), '403 insufficientScope')
})

t.test('smart: $everything is of the compartment, within what the scopes say', async t => {
  const held = async (actor: Actor, { id }: { id: string }) => {
    const answer = await stage.get(actor, `Patient/${id}/$everything`)
    return answer.status === 200 ? matchesOf(answer).flatMap(each => select(each, '/id')) : answer.status
  }
  t.same(await held(launched('patient/*.rs'), one), [one.id, one.result])
  t.same(await held(launched('patient/*.rs'), two), 404)
  t.same(await held(launched('patient/Patient.rs'), one), [one.id])
  t.same(await held(user('user/*.rs'), two), [two.id, two.result])
  t.same(await held(user('system/*.read'), two), [two.id, two.result])
  t.same(await held(user('user/Observation.rs'), two), 403)
})

t.test('smart: histories and searches over types run over all that the scopes open', async t => {
  const entries = async (actor: Actor, path: string) => {
    const answer = await stage.get(actor, path)
    return answer.status === 200 ? select(answer.json, '/entry/*/resource/id').map(String) : answer.status
  }
  const everything = [one.id, one.result, two.id, two.result, stray].sort()
  const sorted = async (actor: Actor, path: string) => {
    const ids = await entries(actor, path)
    return typeof ids === 'number' ? ids : ids.filter(id => everything.includes(id)).sort()
  }
  const [reader, wide] = [launched('patient/*.rs'), user('user/*.rs')]
  for (const path of ['_history?_count=200', '?_count=200', '?_type=Patient,Observation&_count=200']) {
    t.same(await sorted(wide, path), everything, path)
    t.same(await sorted(reader, path), [one.id, one.result].sort(), path)
  }
  t.same(await sorted(wide, 'Observation/_history?_count=200'), [one.result, two.result, stray].sort())
  t.same(await sorted(reader, 'Observation/_history?_count=200'), [one.result])
  t.same(await sorted(wide, `Observation/_history?patient=${two.id}`), [two.result])
  t.same(await sorted(reader, `Observation/_history?patient=${two.id}`), [])
  t.same(await sorted(wide, `Patient/${two.id}/*`), [two.id, two.result].sort())
  t.same(await sorted(reader, `Patient/${two.id}/*`), [])
  t.same(await sorted(launched('patient/Observation.rs'), `Patient/${one.id}/*`), [one.result])
  t.same(await sorted(user('user/Observation.rs'), 'Patient/_history'), 403)
  t.same(await sorted(user('user/Observation.rs'), '_history'), 400)
  t.same(
    await sorted(user('user/Observation.rs'), '_history?_type=Observation&_count=200'),
    [one.result, two.result, stray].sort(),
  )
})

t.test('smart: where what stands is outside the scope, no former version and no deletion is shown', async t => {
  const own = await person(stage)
  const put = (status: string, id = 'comes-back') => stage.put(all, { ...observation(own, { status }), id })
  const narrow = user('user/Observation.rs?status=final')
  for (const [status, more] of [['final'], ['final', 'delete'], ['preliminary']] as const) {
    expectStatus(await put(status), 200, 201)
    if (more === 'delete') expectStatus(await stage.remove(all, 'Observation/comes-back'), 204)
  }
  expectStatus(await put('final', 'stays'), 201)
  expectStatus(await put('preliminary', 'hides'), 201)
  expectStatus(await put('final', 'hides'), 200)
  expectStatus(await put('final', 'gone'), 201)
  expectStatus(await stage.remove(all, 'Observation/gone'), 204)
  const versions = async (path: string) => {
    const { json } = await stage.get(narrow, path)
    return select(json, '/entry/*').map(
      entry => `${String(select(entry, '/fullUrl')[0]).split('/').at(-1)} ${select(entry, '/response/etag')[0]}`,
    )
  }
  const expected = ['gone W/"2"', 'gone W/"1"', 'hides W/"2"', 'stays W/"1"']
  for (const path of [`Observation/_history?patient=${own.id}`, `_history?_type=Observation&patient=${own.id}`])
    t.same(
      (await versions(path)).filter(each => !each.startsWith(own.result)),
      expected,
      path,
    )
  for (const [path, status] of [
    ['Observation/comes-back', 404],
    ['Observation/comes-back/_history', 404],
    ['Observation/comes-back/_history/1', 404],
    ['Observation/comes-back/_history/3', 404],
    ['Observation/gone', 410],
    ['Observation/gone/_history/1', 200],
    ['Observation/hides/_history/1', 404],
  ] as const)
    t.equal((await stage.get(narrow, path)).status, status, path)
})

t.test('smart: patient/ scopes hold in the compartment of the launch context, and nowhere else', async t => {
  const reader = launched('patient/*.rs')
  t.equal((await stage.get(reader, `Observation/${one.result}`)).status, 200)
  for (const path of [
    `Observation/${two.result}`,
    `Observation/${two.result}/_history/1`,
    `Observation/${two.result}/_history`,
    `Patient/${two.id}`,
    `Observation/${stray}`,
  ])
    t.equal((await stage.get(reader, path)).status, 404, path)
  for (const [search, count] of [
    [`Observation?patient=${one.id}`, 1],
    [`Observation?patient=${two.id}`, 0],
    ['Observation', 1],
    [`Observation?subject=Patient/${two.id}`, 0],
    [`Observation?_id=${one.result},${two.result}`, 1],
    [`Observation?patient=${one.id},${two.id}`, 1],
    [`Observation?_id=${stray}`, 0],
    ['Patient', 1],
    [`Patient?_id=${two.id}`, 0],
    ['Patient?family=ESSAI', 1],
  ] as const) {
    const answer = await stage.get(reader, `${search}${search.includes('?') ? '&' : '?'}_total=accurate`)
    t.equal(matchesOf(answer).length, count, search)
    t.same(select(answer.json, '/total'), [count], search)
  }
  const [batched] = [
    await stage.post(
      reader,
      batch(asks('GET', `Observation/${two.result}`), asks('GET', `Observation?patient=${two.id}`)),
    ),
  ]
  t.same(select(batched.json, '/entry/*/response/status'), ['404 Not Found', '200 OK'])
  t.same(select(batched.json, '/entry/1/resource/entry'), [])
})

t.test('smart: nothing outside the compartment comes along', async t => {
  const pointing = await stage.createOne(
    all,
    observation(one, { hasMember: [{ reference: `Observation/${two.result}` }] }),
  )
  const include = `Observation?_id=${pointing}&_include=Observation:has-member`
  const types = (answer: Awaited<ReturnType<Stage['get']>>) => select(answer.json, '/entry/*/resource/id')
  t.same(types(await stage.get(launched('patient/*.rs'), include)), [pointing])
  t.same(types(await stage.get(all, include)).length, 2)
  const from = await stage.createOne(all, observation(two, { hasMember: [{ reference: `Observation/${one.result}` }] }))
  const revinclude = `Observation?_id=${one.result}&_revinclude=Observation:has-member`
  t.same(types(await stage.get(launched('patient/*.rs'), revinclude)), [one.result])
  t.ok(types(await stage.get(all, revinclude)).includes(from))
})

t.test('smart: both states of a write are in the compartment', async t => {
  const writer = launched('patient/*.cruds')
  const id = await stage.createOne(writer, observation(one))
  t.ok([403, 404, 422].includes((await stage.put(writer, { ...observation(two), id })).status), 'moved away')
  t.ok(
    [403, 404, 405, 422].includes((await stage.put(writer, { ...observation(one), id: two.result })).status),
    'moved here',
  )
  t.ok([403, 404].includes((await stage.post(writer, observation(two))).status), 'created elsewhere')
  t.equal((await stage.remove(writer, `Observation/${two.result}`)).status, 404)
  t.ok([403, 404, 405].includes((await stage.put(writer, { ...observation(two), id: 'client-chosen-1' })).status))
  t.equal((await stage.get(all, `Observation/${two.result}`)).headers.get('etag'), 'W/"1"')
  const elsewhere = await stage.post(writer, observation(one, { identifier: [{ system: 'urn:x', value: '1' }] }), {
    'if-none-exist': `patient=${two.id}&code=718-7`,
  })
  t.equal(elsewhere.status, 201, 'criteria do not look outside')
})

t.test('smart: a client may choose an id, never one in the form of the server', async t => {
  expectStatus(await stage.put(all, { ...observation(one), id: 'my-id-1' }), 201)
  expectStatus(await stage.put(all, { ...observation(one), id: 'my-id-1' }), 200)
  for (const id of [
    `${one.id}-01m8059acqpq9fa9mh94z4zpqt`,
    `${'0123456789ab'}-01m8059acqpq9fa9mh94z4zpqt`,
    '01m8059acqpq9fa9mh94z4zpqt',
    '0123456789ab',
  ])
    t.ok([405, 422].includes((await stage.put(all, { ...observation(one), id })).status), id)
  t.equal((await stage.put(all, { ...patient(newIns()), id: '0123456789ab' })).status, 405)
})

t.test('smart: a patient whose id a client chose is the launch context by that id', async t => {
  const id = 'chosen-patient-1'
  expectStatus(await stage.put(all, { ...patient(newIns()), id }), 201)
  const result = await stage.createOne(all, observation({ id }))
  const reader: Actor = { ...user('patient/*.rs'), patient: id }
  const read = await stage.get(reader, `Observation/${result}`)
  const search = await stage.get(reader, `Observation?patient=${id}`)
  t.same([read.status, matchesOf(search).length], [200, 1])
  t.equal((await stage.get(reader, `Observation/${one.result}`)).status, 404)
})

/** Somebody else, who deposited nothing. */
const stranger = (...scopes: readonly string[]): Actor => ({ ...professional(rpps.stranger), scope: scopes.join(' ') })

const byCriteria = (criteria: string) => ({ reference: criteria })
const inOne = (elements: object = {}) => observation(one, { code: { text: 'x' }, ...elements })
const insOf = async ({ id }: { id: string }) =>
  String(select((await stage.get(all, `Patient/${id}`)).json, '/identifier/*/value').at(-1))

t.test('smart: who only writes names a subject by one identifier, and learns nothing by other criteria', async t => {
  const writer = stranger('user/Observation.c')
  const ins = await insOf(one)
  const named = byCriteria(`Patient?identifier=${insSystem}|${ins}`)
  const [id] = await stage.create(writer, inOne({ subject: named, focus: [named] }))
  const read = await stage.get(all, `Observation/${id}`)
  t.same(select(read.json, '/subject/reference'), [`Patient/${one.id}`])
  t.same(select(read.json, '/focus/0/reference'), [`Patient/${one.id}`])
  const answers: string[] = []
  for (const criteria of [
    `_id=${one.id}`,
    '_id=000000000000',
    `identifier=${insSystem}|${ins}&birthdate=2015-01-01`,
    `identifier=${insSystem}|${ins}&birthdate=2015-01-02`,
    'family=ESSAI',
    'family=NOBODY',
    `identifier=${insSystem}|nobody`,
  ]) {
    const answer = await stage.post(writer, transaction(creates(inOne({ subject: byCriteria(`Patient?${criteria}`) }))))
    answers.push(`${answer.status} ${answer.bytes}`)
  }
  t.equal(new Set(answers).size, 1, String(answers))
  t.match(answers[0], /^412 .*Bundle\.entry\[0\]\.resource/)
  const beside: string[] = []
  for (const criteria of [`identifier=${insSystem}|${await insOf(two)}`, `_id=${two.id}`, `_id=${one.id}`, '_id=none'])
    beside.push(
      String(
        (await stage.post(writer, transaction(creates(inOne({ focus: [byCriteria(`Patient?${criteria}`)] }))))).bytes,
      ),
    )
  t.equal(new Set(beside).size, 1, String(beside))
})

t.test('smart: criteria find no Patient beyond the compartment, nor are others counted', async t => {
  const post = (elements: object) =>
    stage.post({ ...stranger('patient/*.cruds'), patient: one.id }, transaction(creates(inOne(elements))))
  t.equal((await post({ subject: byCriteria('Patient?family=ESSAI') })).status, 200, 'his own is the only one')
  const ins = await insOf(one)
  expectStatus(
    await stage.put(all, {
      ...patient(await insOf(two)),
      id: two.id,
      identifier: [ins, await insOf(two)].map(value => ({ system: insSystem, value })),
    }),
    200,
  )
  const own = { reference: `Patient?identifier=${insSystem}|${ins}` }
  t.equal((await post({ subject: own, focus: [own] })).status, 200, 'another who has his identifier is hidden')
  const others = [`identifier=${insSystem}|${await insOf(two)}`, `_id=${two.id}`, 'family=NOBODY']
  const answers = await Promise.all(others.map(each => post({ focus: [byCriteria(`Patient?${each}`)] })))
  t.same(
    answers.map(({ status }) => status),
    [412, 412, 412],
  )
  t.equal(new Set(answers.map(({ bytes }) => String(bytes))).size, 1)
  const subjects = [`identifier=${insSystem}|${await insOf(two)}`, `_id=${two.id}`, `identifier=${insSystem}|nobody`]
  const refused = await Promise.all(subjects.map(each => post({ subject: byCriteria(`Patient?${each}`) })))
  t.same(new Set(refused.map(({ status, bytes }) => `${status} ${bytes}`)).size, 1, 'nor whether there is one')
})

t.test('smart: what names no patient finds by criteria what its token may search, and lives there', async t => {
  const numbered = (value: string) => ({ identifier: [{ system: 'urn:smart', value }] })
  const [hidden] = await stage.create(all, observation(two, numbered('of-two')), observation(two, numbered('of-both')))
  const [shown] = await stage.create(all, observation(one, numbered('of-both')))
  const provenance = (value: string) => ({
    ...{ resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'x' } }] },
    target: [byCriteria(`Observation?identifier=urn:smart|${value}`)],
  })
  const post = (actor: Actor, value: string) => stage.post(actor, transaction(creates(provenance(value))))
  const own: Actor = { ...stranger('patient/*.cruds'), patient: one.id }
  for (const [actor, value, status] of [
    [own, 'of-two', 412],
    [own, 'of-nobody', 412],
    [own, 'of-both', 200],
    [stranger('user/Provenance.c'), 'of-two', 412],
    [stranger('user/Provenance.c', 'user/Observation.s'), 'of-two', 200],
    [stranger('user/*.cruds'), 'of-both', 412],
  ] as const) {
    const answer = await post(actor, value)
    t.equal(answer.status, status, `${actor.scope} ${value} ${answer.bytes}`)
    if (status !== 200) continue
    const [location] = select(answer.json, '/entry/0/response/location')
    const read = await stage.get(all, `Provenance/${idOf(location)}`)
    t.same(select(read.json, '/target/0/reference'), [`Observation/${value === 'of-two' ? hidden : shown}`])
    t.ok(idOf(location).startsWith(value === 'of-two' ? two.id : one.id), 'in the record of its target')
  }
  t.equal(String((await post(own, 'of-two')).bytes), String((await post(own, 'of-nobody')).bytes))
})

t.test('smart: a Patient whom criteria find across records leaves the line of a search in his', async t => {
  const found = await person(stage)
  const searched = async () =>
    select(
      (await stage.get(all, `AuditEvent?patient=${found.id}&subtype=search-type`)).json,
      '/entry/*/resource/entity/*/description',
    )
  const named = byCriteria(`Patient?identifier=${insSystem}|${await insOf(found)}`)
  expectStatus(await stage.post(stranger('user/*.cruds'), transaction(creates(inOne({ focus: [named, named] })))), 200)
  t.same(await searched(), [`identifier=${insSystem}|${await insOf(found)}`], 'once')
})

t.test('smart: what defines for all who search is written by the system, or by an operator', async t => {
  const defined = {
    resourceType: 'SearchParameter',
    url: 'https://example.org/SearchParameter/nickname',
    name: 'Nickname',
    status: 'active',
    description: 'Of a test.',
    code: 'nickname',
    base: ['Patient'],
    type: 'string',
    expression: 'Patient.name.given',
  }
  for (const scopes of [['user/*.cruds'], ['user/SearchParameter.cud', 'system/SearchParameter.rs']]) {
    const actor = user(...scopes)
    const refused = await stage.post(actor, defined)
    t.equal(refused.status, 403)
    t.match(
      select(refused.json, '/issue/0/diagnostics')[0],
      /system\/SearchParameter\.c: it defines for all who search/,
    )
    t.equal((await stage.post(actor, transaction(creates(defined)))).status, 403)
    t.equal((await stage.put(actor, { ...defined, id: 'mine' })).status, 403)
    const each = expectStatus(await stage.post(actor, batch(creates(defined))), 200)
    t.match(select(each.json, '/entry/0/response/status')[0], /^403/)
  }
  const system = user('system/SearchParameter.cruds')
  const id = idOf(expectStatus(await stage.post(system, defined), 201).headers.get('location'))
  t.equal((await stage.get(all, `SearchParameter/${id}`)).status, 200)
  t.equal((await stage.put(all, { ...defined, id, status: 'retired' })).status, 403)
  t.equal((await stage.remove(all, `SearchParameter/${id}`)).status, 403)
  t.equal((await stage.send(all, `POST SearchParameter/${id}/$reindex`)).status, 403)
  t.equal((await stage.remove(system, `SearchParameter/${id}`)).status, 204)
  const byOffice = { ...operator, scope: 'user/SearchParameter.cruds' }
  t.equal((await stage.post(byOffice, { ...defined, code: 'of-office' })).status, 201)
})

t.test('smart: a token is asked for', async t => {
  const response = await fetch(`${stage.base}/Patient`)
  t.equal(response.status, 401)
})

t.test('smart: scopes narrow by parameters', async t => {
  const reader = user('user/Observation.rs?category=imaging')
  t.equal((await stage.get(reader, `Observation/${one.result}`)).status, 404)
  t.equal(matchesOf(await stage.get(reader, 'Observation')).length, 0)
})

t.test('smart: the trail of a record is read by its compartment', async t => {
  t.ok(matchesOf(await stage.get(launched('patient/*.rs'), `AuditEvent?patient=${one.id}`)).length > 0)
  t.equal(matchesOf(await stage.get(launched('patient/*.rs'), `AuditEvent?patient=${two.id}`)).length, 0)
})

t.test('none: refuses to listen to others than this machine', async t => {
  const starting = startServer(
    { ...stage.server.environment, PORT: '0', ACCESS_REGIME: 'none', HOST: '0.0.0.0' },
    () => undefined,
  )
  t.teardown(starting.stop)
  const running = await starting.running
  t.equal(running.ok, false)
})

t.test('none: everything is open, and every answer says so', async t => {
  const starting = startServer({ ...stage.server.environment, PORT: '0', ACCESS_REGIME: 'none' }, () => undefined)
  t.teardown(starting.stop)
  const running = await starting.running
  if (!running.ok) throw new Error(JSON.stringify(running.failure))
  const { base } = running.value
  const open = await fetch(`${base}/Observation/${one.result}`)
  t.same([open.status, open.headers.get('x-access-regime')], [200, 'none'])
  const created = await fetch(base, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(transaction(creates(patient(newIns()), 'urn:uuid:c0000000-0000-4000-8000-000000000001'))),
  })
  t.equal(created.status, 200)
  for (const header of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
    t.same(await statusWith(base, { [header]: 'for=1.2.3.4' }), [403, 'none'], header)
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:8080'])
    t.same(await statusWith(base, { host }), [403, 'none'], host)
  t.same(await statusWith(base, { host: 'localhost' }), [200, 'none'])
})

/** Headers that `fetch` does not let a caller set. */
function statusWith(base: string, headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const asked = request(`${base}/Patient/${one.id}`, { headers }, answer => {
      answer.resume()
      answer.on('end', () => resolve([answer.statusCode, answer.headers['x-access-regime']]))
    })
    asked.on('error', reject)
    asked.end()
  })
}

t.test('smart again: rows that were written without rules are not open to strangers', async t => {
  t.equal((await stage.get(user('user/Patient.rs'), `Observation/${one.result}`)).status, 403)
  t.equal(matchesOf(await stage.get(launched('patient/*.rs'), `Patient?identifier=${insSystem}|x`)).length, 0)
  t.ok((await stage.get(stageOperator(), `Patient/${one.id}`)).status < 300)
})

const stageOperator = (): Actor => ({ ...operator, scope: 'user/*.rs' })
