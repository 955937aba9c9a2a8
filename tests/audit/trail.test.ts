/** Who reads who opened a record, and what of it. `access.md` sections 4 and 8; https://hl7.org/fhir/R4/auditevent.html */
import t, { type Test } from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { demoIssuer, finessOf, rppsOf, systems } from '../../server/demo/people.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { createdId, locationsOf, outcomeOf, type Sent, sender } from './requests.ts'
import { bundle, condition, discharge, getting, posting, unmasked } from './resources.ts'

t.setTimeout(300_000)

const server = await startServer(t, { demonstration: true })
const send = sender(server)
const { marie = '', paul = '', lea = '' } = server.records
const idOf = (resource: unknown): string => String(select(resource, '/id')[0])

/** The request id that an event names. */
const requestOf = (event: unknown): unknown =>
  select(event, '/entity/*').find(entity => select(entity, '/type/code')[0] === 'XrequestId') &&
  select(
    select(event, '/entity/*').find(entity => select(entity, '/type/code')[0] === 'XrequestId'),
    '/what/identifier/value',
  )[0]

const trail = (as: string, patient: string, more = ''): Promise<Sent> =>
  send({ as, path: `AuditEvent?patient=${patient}&_count=200${more}` })

/** Whether the trail that `as` reads holds the event of a request. */
async function shows(as: string, patient: string, { request }: Sent): Promise<boolean> {
  return matchesOf(await trail(as, patient)).some(event => requestOf(event) === request)
}

const noted = await send({ as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', 'x') })
const own = `Condition/${createdId(noted)}`
const opened = await send({ as: 'gp', path: own })
const byNurse = await send({ as: 'nurse', path: `AllergyIntolerance?patient=${marie}` })
const byHospital = await send({ as: 'hospital', path: `DocumentReference?patient=${marie}` })
const byPhysician = await send({ as: 'hospital-physician', path: own })
const byStranger = await send({ as: 'gp-unrelated', path: own })
const byPaul = await send({ as: 'patient-paul', path: `Condition?patient=${marie}` })
const all = [noted, opened, byNurse, byHospital, byPhysician, byStranger, byPaul]

t.test('the patient and the médecin traitant read who opened the record, refused ones too', async t => {
  for (const as of ['patient-marie', 'gp'])
    for (const each of all) t.ok(await shows(as, marie, each), `${as}: ${each.request}`)
})

for (const [as, seen] of [
  ['nurse', [byNurse]],
  ['hospital-physician', [byPhysician]],
  ['hospital', [byHospital]],
  ['gp-unrelated', [byStranger]],
  ['patient-paul', []],
  ['parent', []],
  ['pharmacist', []],
] as const) {
  t.test(`${as} reads ${seen.length === 0 ? 'nothing of the trail of another' : 'the own accesses only'}`, async t => {
    const events = matchesOf(await trail(as, marie))
    const found = all.filter(({ request }) => events.some(event => requestOf(event) === request))
    t.strictSame(found, seen)
    const foreign = events.flatMap(event => select(event, '/agent/0/who/identifier/value'))
    t.ok(!foreign.includes(rppsOf('gp').value), 'nothing of the médecin traitant')
  })
}

for (const as of ['occupational-physician', 'operator'] as const) {
  t.test(`${as} is told that the trail is not his to read`, async t => {
    t.equal((await trail(as, marie)).status, 403)
  })
}

t.test('a refused access is told without its true reason', async t => {
  const [event] = matchesOf(await trail('patient-marie', marie)).filter(each => requestOf(each) === byStranger.request)
  t.match(event, { outcome: '4', outcomeDesc: 'The request was refused', action: 'R', subtype: [{ code: 'read' }] })
  t.strictSame(select(event, '/agent/0/who/identifier'), [rppsOf('gp-unrelated')])
  t.notMatch(JSON.stringify(event), /authorised|not-blocked|visible|own-deposit/)
  t.notMatch(JSON.stringify(event), new RegExp(own), 'nor which resource was asked for')
})

const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)
const whole = await trail('gp', marie)
const newest = matchesOf(whole)

t.test('every event is a valid AuditEvent, and says what BALP asks for', async t => {
  t.ok(newest.length > 20)
  for (const event of newest) {
    const valid = validate(event as Resource)
    t.ok(valid.ok, JSON.stringify(valid.ok ? '' : valid.failure.complaints))
    t.match(event, {
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
      subtype: [{ system: 'http://hl7.org/fhir/restful-interaction' }],
      source: { observer: { identifier: { value: server.base } } },
    })
    t.equal(select(event, '/agent/*/requestor').filter(each => each === true).length, 1)
    t.ok(select(event, '/entity/*/what/reference').includes(`Patient/${marie}`))
  }
  const [read] = newest.filter(event => requestOf(event) === opened.request)
  t.match(read, { meta: { profile: [/IHE\.BasicAudit\.PatientRead$/] }, outcome: '0' })
  t.ok(select(read, '/entity/*/what/reference').includes(`${own}/_history/1`))
})

t.test('an event is read by its id, and nobody reads one that is not his to see', async t => {
  const [event] = newest.filter(each => requestOf(each) === opened.request)
  const path = `AuditEvent/${idOf(event)}`
  for (const as of ['patient-marie', 'gp']) {
    const answer = await send({ as, path })
    t.equal(answer.status, 200)
    t.strictSame(answer.json, event)
    t.equal(answer.headers.get('etag'), 'W/"1"')
  }
  const absent = await send({ as: 'nurse', path: `AuditEvent/${marie}-${'0'.repeat(26)}` })
  for (const as of ['nurse', 'gp-unrelated', 'patient-paul', 'hospital']) {
    const answer = await send({ as, path })
    t.equal(answer.status, 404)
    t.strictSame(answer.json, absent.json, 'as if there were none')
  }
})

const instant = (event: unknown): string => String(select(event, '/recorded')[0])
const at = (answer: Sent): string => instant(newest.find(event => requestOf(event) === answer.request))
const who = ({ system, value }: { system?: string; value?: string }): string => encodeURIComponent(`${system}|${value}`)
const isAbout = (text: string) => (event: unknown) => JSON.stringify(event).includes(text)
const byAgent = (value: string | undefined) => (event: unknown) =>
  select(event, '/agent/*/who/identifier/value').includes(value)

for (const [sentence, query, expected] of [
  ['type', '&type=rest', () => true],
  ['type with its system', '&type=http://terminology.hl7.org/CodeSystem/audit-event-type|rest', () => true],
  ['a type that no event has', '&type=110112', () => false],
  ['type in a foreign system', '&type=urn:x|rest', () => false],
  ['the RPPS of an agent', `&agent:identifier=${who(rppsOf('nurse'))}`, byAgent(rppsOf('nurse').value)],
  ['an agent without system', `&agent:identifier=${rppsOf('nurse').value}`, byAgent(rppsOf('nurse').value)],
  ['an agent under a foreign system', `&agent:identifier=${systems.finess}|${rppsOf('nurse').value}`, () => false],
  ['the FINESS of a structure', `&agent:identifier=${who(finessOf('hospital'))}`, byAgent(finessOf('hospital').value)],
  [
    'the subject of a token',
    `&agent:identifier=${encodeURIComponent(`${demoIssuer}|patient-paul`)}`,
    byAgent('patient-paul'),
  ],
  [
    'two agents',
    `&agent:identifier=${who(rppsOf('nurse'))},${who(rppsOf('gp'))}`,
    (event: unknown) => byAgent(rppsOf('nurse').value)(event) || byAgent(rppsOf('gp').value)(event),
  ],
  ['the data that was touched', `&entity=${own}`, isAbout(`"${own}/`)],
  ['the patient, whom every line of the record names', `&entity=Patient/${marie}`, () => true],
  ['the patient, or data', `&entity=Patient/${marie},${own}`, () => true],
  ['the patient and data', `&entity=Patient/${marie}&entity=${own}`, isAbout(`"${own}/`)],
  ['another patient', `&entity=Patient/${lea}`, () => false],
  ['data that nobody touched', `&entity=Condition/${marie}-${'0'.repeat(26)}`, () => false],
  ['an instant', `&date=${at(opened)}`, (event: unknown) => instant(event) === at(opened)],
  ['what came before', `&date=lt${at(opened)}`, (event: unknown) => instant(event) < at(opened)],
  ['what came since', `&date=ge${at(opened)}`, (event: unknown) => instant(event) >= at(opened)],
  [
    'a span',
    `&date=ge${at(opened)}&date=le${at(byHospital)}`,
    (event: unknown) => instant(event) >= at(opened) && instant(event) <= at(byHospital),
  ],
  ['one id', `&_id=${idOf(newest[3])}`, (event: unknown) => idOf(event) === idOf(newest[3])],
] as const) {
  t.test(`the trail is searched by ${sentence}`, async t => {
    const answer = await trail('gp', marie, `${query}&date=le${instant(newest[0])}`)
    t.equal(answer.status, 200, JSON.stringify(outcomeOf(answer)))
    t.strictSame(matchesOf(answer).map(idOf), newest.filter(expected).map(idOf))
  })
}

t.test('the trail is told in part where a part is asked for', async t => {
  const [part] = matchesOf(await trail('gp', marie, '&_elements=recorded'))
  t.same(select(part, '/entity'), [])
  t.match(part, { resourceType: 'AuditEvent', recorded: /^\d/, meta: { tag: [{ code: 'SUBSETTED' }] } })
})

t.test('a parameter that is none is passed over where the client wishes, and the answer says so', async t => {
  const headers = { Prefer: 'handling=lenient' }
  const answer = await send({ as: 'gp', path: `AuditEvent?patient=${marie}&agnt=x&_count=1`, headers })
  t.equal(answer.status, 200)
  t.ok(select(answer.json, '/entry/*/resource/issue/0/diagnostics').some(text => /agnt/.test(String(text))))
})

t.test('a parameter that is none is named', async t => {
  const answer = await trail('gp', marie, '&agnt=x')
  t.equal(answer.status, 400)
  t.match(outcomeOf(answer), ['not-supported', /agnt/])
})

for (const [order, sign] of [
  ['newest first', ''],
  ['oldest first', '&_sort=date'],
] as const) {
  t.test(`the pages of the trail hold every event once, ${order}`, async t => {
    const until = `&date=le${instant(newest[0])}`
    const expected = newest.map(idOf)
    let found: string[] = []
    let next: string | undefined = `AuditEvent?patient=${marie}&_count=7&_total=accurate${until}${sign}`
    for (let page = 0; next !== undefined && page < 40; page += 1) {
      const answer: Sent = await send({ as: 'gp', path: next })
      t.equal(select(answer.json, '/total')[0], expected.length)
      found = [...found, ...matchesOf(answer).map(idOf)]
      const url: unknown = select(answer.json, '/link/[relation=next]/url')[0]
      next = typeof url === 'string' ? url.slice(server.base.length + 1) : undefined
      if (next !== undefined)
        t.equal((await send({ as: 'patient-marie', path: next })).status, 400, 'bound to its caller')
    }
    t.strictSame([...found].sort(), [...expected].sort())
    const count = await send({ as: 'gp', path: `AuditEvent?patient=${marie}&_summary=count${until}` })
    t.equal(select(count.json, '/total')[0], expected.length)
  })
}

/** What the mask of a document hides from `reader` in the trail of `patient`, and what its end shows. */
async function hides(
  t: Test,
  at: {
    patient: 'marie' | 'lea'
    mask: 'INVISIBLE_PATIENT' | 'INVISIBLE_REPRESENTANTS_LEGAUX'
    reader: string
    others: readonly string[]
  },
): Promise<void> {
  const { patient, mask, reader, others } = at
  const key = patient === 'marie' ? marie : lea
  const before = select((await trail(reader, key, '&_summary=count')).json, '/total')[0]
  const pushed = discharge(patient, mask)
  const push = await send({ as: 'hospital', method: 'POST', path: '', body: pushed })
  t.equal(push.status, 200, JSON.stringify(outcomeOf(push)))
  const [, document = '', binary = ''] = locationsOf(push)
  const again = await send({ as: 'hospital', method: 'POST', path: '', body: pushed })
  const reads = await Promise.all([
    send({ as: 'gp', path: document }),
    send({ as: 'gp', path: `${document}/_history` }),
    send({ as: 'gp', path: binary, headers: { Accept: 'application/pdf' } }),
    send({ as: 'gp', method: 'POST', path: '', body: bundle('batch', [getting(document)]) }),
  ])
  const searches = await Promise.all([
    send({ as: 'gp', path: `DocumentReference?patient=${key}&_count=100` }),
    send({ as: 'gp', path: `DocumentReference?patient=${key}&_id=${document.split('/')[1]}` }),
    send({ as: 'gp', path: `AuditEvent?patient=${key}&entity=${document}` }),
  ])
  const touching = [push, again, ...reads]
  t.ok([...touching, ...searches].every(({ status }) => status === 200))
  const seen = await trail(reader, key)
  const requests = matchesOf(seen).map(requestOf)
  t.strictSame(
    touching.filter(({ request }) => requests.includes(request)),
    [],
    'the touching itself is hidden',
  )
  t.ok(
    searches.every(({ request }) => requests.includes(request)),
    'searches are shown, without what they found',
  )
  const bytes = seen.bytes.toString() + decoded(seen)
  for (const location of locationsOf(push)) t.notOk(bytes.includes(location.split('/')[1] ?? ''), location)
  const counted = await trail(reader, key, `&_summary=count&date=le${instant(matchesOf(seen)[0])}`)
  t.equal(Number(select(counted.json, '/total')[0]) - Number(before), searches.length + 1, 'a count tells no more')
  const ofPatient = await trail(
    reader,
    key,
    `&entity=Patient/${key}&_summary=count&date=le${instant(matchesOf(seen)[0])}`,
  )
  t.same(select(ofPatient.json, '/total'), select(counted.json, '/total'), 'nor does one by the patient')
  t.same(matchesOf(await trail(reader, key, `&entity=${document}`)), [])
  for (const other of others) for (const each of touching) t.ok(await shows(other, key, each), other)
  const events = matchesOf(await trail('gp', key, `&entity=${document}`))
  const event = events.find(each => requestOf(each) === reads[0].request)
  const hidden = await send({ as: reader, path: `AuditEvent/${idOf(event)}` })
  const absent = await send({ as: reader, path: `AuditEvent/${key}-${'0'.repeat(26)}` })
  t.strictSame([hidden.status, hidden.json], [404, absent.json])

  const current = await send({ as: 'hospital', path: document })
  const body = unmasked(current.json as Record<string, unknown>)
  const lifted = await send({ as: 'hospital', method: 'PUT', path: document, body })
  t.equal(lifted.status, 200, JSON.stringify(outcomeOf(lifted)))
  for (const each of [...touching, lifted]) t.ok(await shows(reader, key, each), 'lifting the mask shows it')
  t.equal((await send({ as: reader, path: `AuditEvent/${idOf(event)}` })).status, 200)
  t.ok(matchesOf(await trail(reader, key, `&entity=${document}`)).length >= 4)
}

/** The queries of the events, which are kept in base64. */
const decoded = (answer: Sent): string =>
  matchesOf(answer)
    .flatMap(event => select(event, '/entity/*/query'))
    .map(query => Buffer.from(String(query), 'base64').toString())
    .join('\n')

t.test('the trail hides from the patient what INVISIBLE_PATIENT hides, until it is lifted', t =>
  hides(t, { patient: 'marie', mask: 'INVISIBLE_PATIENT', reader: 'patient-marie', others: ['gp'] }),
)

t.test('the trail hides from the parent what INVISIBLE_REPRESENTANTS_LEGAUX hides, until it is lifted', t =>
  hides(t, { patient: 'lea', mask: 'INVISIBLE_REPRESENTANTS_LEGAUX', reader: 'parent', others: ['gp', 'patient-lea'] }),
)

t.test('a masked document is no secret in the trail of the patient', async t => {
  const [, document = ''] = locationsOf(
    await send({ as: 'hospital', method: 'POST', path: '', body: discharge('marie', 'MASQUE_PS') }),
  )
  t.ok(await shows('patient-marie', marie, await send({ as: 'gp', path: document })))
  const refused = await send({ as: 'nurse', path: document })
  t.equal(refused.status, 404)
  t.ok(await shows('patient-marie', marie, refused))
})

const event = { ...(newest[0] as Resource), id: undefined }

for (const as of ['patient-marie', 'gp', 'hospital', 'operator']) {
  t.test(`${as} writes no AuditEvent`, async t => {
    const id = idOf(newest[0])
    for (const asking of [
      { method: 'POST', path: 'AuditEvent', body: event },
      { method: 'PUT', path: `AuditEvent/${id}`, body: { ...event, id } },
      { method: 'DELETE', path: `AuditEvent/${id}` },
      { method: 'POST', path: '', body: bundle('transaction', [posting(event)]) },
      {
        method: 'POST',
        path: '',
        body: bundle('transaction', [{ request: { method: 'DELETE', url: `AuditEvent/${id}` } }]),
      },
    ]) {
      const answer = await send({ as, ...asking })
      t.equal(answer.status, 405, `${asking.method} ${asking.path}`)
      t.match(outcomeOf(answer), ['not-supported'])
    }
    const batch = await send({ as, method: 'POST', path: '', body: bundle('batch', [posting(event)]) })
    t.match(select(batch.json, '/entry/0/response/status')[0], /^405/)
  })
}

t.test('the record that its holder closed still answers who opened it, to the holder alone', async t => {
  const before = await send({ as: 'physiotherapist', path: `Observation?patient=${paul}` })
  t.equal(before.status, 200)
  const person = await send({ as: 'patient-paul', path: `Patient/${paul}` })
  const closing = { ...(person.json as Resource), active: false }
  const closed = await send({ as: 'patient-paul', method: 'PUT', path: `Patient/${paul}`, body: closing })
  t.equal(closed.status, 200, JSON.stringify(outcomeOf(closed)))
  const after = await send({ as: 'physiotherapist', path: `Observation?patient=${paul}` })
  t.same(matchesOf(after), [])
  for (const each of [before, closed, after]) t.ok(await shows('patient-paul', paul, each))
  const [first] = matchesOf(await trail('patient-paul', paul))
  t.equal((await send({ as: 'patient-paul', path: `AuditEvent/${idOf(first)}` })).status, 200)
  t.same(matchesOf(await send({ as: 'patient-paul', path: `Observation?patient=${paul}` })), [])
  for (const as of ['physiotherapist', 'laboratory', 'patient-marie']) {
    t.same(matchesOf(await trail(as, paul)), [], as)
    t.equal((await send({ as, path: `AuditEvent/${idOf(first)}` })).status, 404)
  }
})
