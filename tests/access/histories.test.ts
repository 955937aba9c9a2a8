/** Histories, compartments and searches over types as each may ask for them. `access.md` sections 2, 3, 8 and 9. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  finess,
  gp,
  hospital,
  insurance,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  secretary,
  stranger,
} from './support/cast.ts'
import { authorises, careTeam, consent, masksDocument } from './support/consents.ts'
import { byFiness, byRpps, document, type Json, labels, observation } from './support/contents.ts'
import { expectStatus, insSearch, startStage } from './support/stage.ts'

const stage = await startStage(t)
const { get, put } = stage
const author = [byFiness(finess.hospital)]
const record = await stage.open(
  each => [patientOf(each), consent(each, authorises(rpps.gp))],
  each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
)
const [plain = '', unmasked = '', masked = '', byConsent = '', gone = '', goneMasked = ''] = await stage.create(
  hospital,
  document(record, { author }),
  document(record, { author, securityLabel: labels('MASQUE_PS') }),
  document(record, { author }),
  document(record, { author }),
  document(record, { author }),
  document(record, { author, securityLabel: labels('MASQUE_PS') }),
)
const update = async (id: string, elements: Json): Promise<void> => {
  expectStatus(await put(hospital, { ...document(record, { author, ...elements }), id }), 200)
}
const beforeMasks = new Date().toISOString()
await new Promise(later => setTimeout(later, 5))
await update(plain, { description: 'second' })
await update(unmasked, { description: 'no label any more' })
await update(masked, { securityLabel: labels('MASQUE_PS') })
await stage.create(patientOf(record), consent(record, masksDocument(`DocumentReference/${byConsent}`)))
for (const id of [gone, goneMasked]) expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
await stage.create(laboratory, observation(record, { performer: [byFiness(finess.laboratory)] }))
const other = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
await stage.create(hospital, document(other, { author }))

/** `id/version` of the documents of a history. */
const documentsOf = ({ json }: Answer): readonly string[] =>
  select(json, '/entry/*')
    .map(entry => [select(entry, '/fullUrl')[0], select(entry, '/response/etag')[0]].map(String))
    .filter(([url = '']) => url.includes('/DocumentReference/'))
    .map(([url = '', etag = '']) => `${url.split('/').at(-1)}/${/\d+/.exec(etag)?.[0]}`)

const seenByGp = [`${gone}/2`, `${unmasked}/2`, `${plain}/2`, `${gone}/1`, `${plain}/1`].sort()
const all = [
  ...[`${plain}/1`, `${plain}/2`, `${unmasked}/1`, `${unmasked}/2`, `${masked}/1`, `${masked}/2`, `${byConsent}/1`],
  ...[`${gone}/1`, `${gone}/2`, `${goneMasked}/1`, `${goneMasked}/2`],
].sort()

for (const [name, actor, expected] of [
  ['a GP sees neither what is masked now nor what was masked then', gp, seenByGp],
  ['the patient sees all of it', patientOf(record), all],
  ['the hospital sees its deposits', hospital, all],
  ['the laboratory has none', laboratory, []],
  ['a physician without an authorisation sees nothing', stranger, []],
  ['another patient sees nothing', patientOf(other), []],
  ['a parent who is none sees nothing', parentOf(record), []],
  ['the insurance sees nothing', insurance, []],
] as const) {
  t.test(`${name}, by type and by record, and of each resource`, async t => {
    const ofType = await get(actor, `DocumentReference/_history?patient=${record.id}&_count=100`)
    const ofRecord = await get(actor, `_history?patient=${record.id}&_count=200`)
    const byIns = await get(actor, `DocumentReference/_history?patient.identifier=${insSearch(record)}&_count=100`)
    for (const answer of [ofType, ofRecord, byIns]) {
      t.equal(answer.status, 200, String(answer.bytes))
      t.same([...documentsOf(answer)].sort(), expected)
      t.same(select(answer.json, '/total'), [])
    }
    const single: string[] = []
    for (const id of [plain, unmasked, masked, byConsent, gone, goneMasked])
      single.push(...documentsOf(await get(actor, `DocumentReference/${id}/_history`)))
    t.same(single.sort(), expected, 'each alone')
  })
}

t.test('_at a time before a mask was set does not lift it', async t => {
  for (const url of [
    `DocumentReference/_history?patient=${record.id}&_at=${beforeMasks}`,
    `_history?patient=${record.id}&_at=${beforeMasks}&_count=200`,
  ])
    t.same([...documentsOf(await get(gp, url))].sort(), [`${gone}/1`, `${plain}/1`].sort())
  for (const id of [masked, byConsent]) {
    const hidden = await get(gp, `DocumentReference/${id}/_history?_at=${beforeMasks}`)
    const absent = await get(
      gp,
      `DocumentReference/${record.id}-00000000000000000000000000/_history?_at=${beforeMasks}`,
    )
    t.same([hidden.status, hidden.json], [404, absent.json])
  }
})

t.test('when a hidden version began cannot be found by halving the time of _at', async t => {
  const mine = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const [id = ''] = await stage.create(hospital, document(mine, { author }))
  const change = async (elements: Json): Promise<void> => {
    expectStatus(await put(hospital, { ...document(mine, { author, ...elements }), id }), 200)
  }
  const pause = async (): Promise<string> => {
    await new Promise(later => setTimeout(later, 5))
    const now = new Date().toISOString()
    await new Promise(later => setTimeout(later, 5))
    return now
  }
  const first = await pause()
  await change({ securityLabel: labels('MASQUE_PS') })
  const second = await pause()
  await change({ description: 'third' })
  const third = await pause()
  const at = async (actor: Actor, when: string) => {
    const ofType = await get(actor, `DocumentReference/_history?patient=${mine.id}&_at=${when}&_count=100`)
    const alone = documentsOf(await get(actor, `DocumentReference/${id}/_history?_at=${when}`))
    t.same(
      documentsOf(ofType).filter(each => each.startsWith(id)),
      alone,
    )
    return alone.map(each => each.split('/')[1])
  }
  for (const [when, seen, all] of [
    [first, [], ['1']],
    [second, [], ['2']],
    [third, ['3'], ['3']],
    [third.slice(0, 4), ['3', '1'], ['3', '2', '1']],
  ] as const) {
    t.same(await at(gp, when), seen, `to the GP, at ${when}`)
    t.same(await at(hospital, when), all, `to the hospital, at ${when}`)
  }
  t.equal((await stage.remove(hospital, `DocumentReference/${id}`)).status, 204)
  t.same(await at(gp, await pause()), [])
})

t.test('who may read a record lists it by one patient, and without one is told what to name', async t => {
  for (const actor of [gp, nurse, hospital, insurance, secretary])
    for (const url of ['DocumentReference/_history', '_history?_type=DocumentReference,Observation', '_history']) {
      const answer = await get(actor, url)
      t.equal(answer.status, 400, `${actor.subject} ${url}`)
      t.match(select(answer.json, '/issue/0/code')[0], 'too-costly')
      t.same(select(answer.json, '/issue/0/expression/0'), ['http.patient'])
    }
})

t.test('a patient’s own record needs no naming, and another is none', async t => {
  const own = await get(patientOf(record), 'DocumentReference/_history?_count=100')
  t.same([...documentsOf(own)].sort(), all)
  const whole = await get(patientOf(record), '_history?_count=200')
  t.same([...documentsOf(whole)].sort(), all)
  const hidden = await get(patientOf(other), `DocumentReference/_history?patient=${record.id}`)
  const absent = await get(patientOf(other), 'DocumentReference/_history?patient=0123456789ab')
  t.same(select(hidden.json, '/entry'), [])
  t.same(Object.keys(Object(hidden.json)), Object.keys(Object(absent.json)))
})

t.test('an operator lists the directory, and no record', async t => {
  t.equal((await get(operator, 'Practitioner/_history')).status, 200)
  t.equal((await get(operator, '_history?_type=Practitioner,Organization')).status, 200)
  for (const url of [
    `DocumentReference/_history?patient=${record.id}`,
    `_history?_type=Observation&patient=${record.id}`,
  ])
    t.equal((await get(operator, url)).status, 403, url)
  t.equal((await get(operator, '_history')).status, 400)
  t.equal((await get(operator, `Patient/${record.id}/DocumentReference`)).status, 403)
  const ofRecord = await get(operator, `Patient/${record.id}/*`)
  t.same([ofRecord.status, select(ofRecord.json, '/entry')], [200, []], 'who represents a minor is written by him')
})

t.test(
  'listing versions takes the right to search and the right to read; compartments the right to search',
  async t => {
    const scoped = (scope: string): Actor => ({ ...gp, scope })
    const status = async (scope: string, url: string) => (await get(scoped(scope), url)).status
    const ofType = `DocumentReference/_history?patient=${record.id}`
    t.equal(await status('user/DocumentReference.rs', ofType), 200)
    for (const scope of ['user/DocumentReference.r', 'user/DocumentReference.s', 'user/Observation.rs'])
      t.equal(await status(scope, ofType), 403, scope)
    const both = `_history?_type=DocumentReference,Observation&patient=${record.id}`
    t.equal(await status('user/DocumentReference.rs', both), 403)
    t.equal(await status('user/DocumentReference.rs user/Observation.rs', both), 200)
    t.equal(await status('user/DocumentReference.rs', `_history?patient=${record.id}`), 400)
    t.equal(await status('user/DocumentReference.s', `Patient/${record.id}/DocumentReference`), 200)
    t.equal(await status('user/DocumentReference.r', `Patient/${record.id}/DocumentReference`), 403)
    t.equal(await status('user/DocumentReference.s', `Patient/${record.id}/*`), 200)
    t.equal(await status('user/DocumentReference.s', `Patient/${record.id}/*?_type=Observation`), 403)
    t.equal(await status('user/DocumentReference.s', `?_type=DocumentReference,Observation&patient=${record.id}`), 403)
    t.equal(await status('user/DocumentReference.s', `?_id=1`), 400)
    const narrow = 'user/DocumentReference.rs?type=http://loinc.org|34112-3'
    t.same(documentsOf(await get(scoped(narrow), ofType)), [])
  },
)

const typesIn = ({ json }: Answer) => [...new Set(select(json, '/entry/*/resource/resourceType').map(String))].sort()

t.test('a search in a compartment finds what the search by patient finds, and leaves the same line', async t => {
  const ids = ({ json }: Answer) => select(json, '/entry/*/resource/id')
  for (const actor of [gp, patientOf(record), hospital, laboratory, stranger, patientOf(other)]) {
    const [asked, within] = await Promise.all([
      get(actor, `DocumentReference?patient=${record.id}&_total=accurate`),
      get(actor, `Patient/${record.id}/DocumentReference?_total=accurate`),
    ])
    t.same(
      [within.status, ids(within), select(within.json, '/total')],
      [asked.status, ids(asked), select(asked.json, '/total')],
    )
  }
  const request = 'compartment-line'
  await get(gp, `DocumentReference?patient=${record.id}&status=current`, { 'x-request-id': `${request}-1` })
  await get(gp, `Patient/${record.id}/DocumentReference?status=current`, { 'x-request-id': `${request}-2` })
  const trail = await get(patientOf(record), `AuditEvent?patient=${record.id}&_count=200`)
  const lines = [1, 2].map(n => {
    const [line] = select(trail.json, '/entry/*/resource').filter(each =>
      JSON.stringify(each).includes(`${request}-${n}`),
    )
    const { id, meta, recorded, ...rest } = JSON.parse(JSON.stringify(line).replace(`${request}-${n}`, request))
    return rest
  })
  t.ok(lines[0])
  t.same(lines[1], lines[0])
})

t.test('another patient’s compartment is that of nobody', async t => {
  for (const path of ['DocumentReference', '*', '*?_count=0', 'Patient', 'DocumentReference?_total=accurate'])
    for (const actor of [stranger, patientOf(other)]) {
      const strip = ({ status, json }: Answer) =>
        [status, JSON.stringify(json).replaceAll(record.id, 'X').replaceAll('0123456789ab', 'X')] as const
      const [hidden, absent] = [
        await get(actor, `Patient/${record.id}/${path}`),
        await get(actor, `Patient/0123456789ab/${path}`),
      ]
      t.same(strip(hidden), strip(absent), path)
      t.equal(hidden.status, 200)
      t.same(select(hidden.json, '/entry'), [])
    }
})

t.test('a search over types needs one patient, and stays in what each type opens', async t => {
  const url = '?_type=DocumentReference,Observation,Consent'
  const unnamed = await get(gp, url)
  t.equal(unnamed.status, 400)
  t.match(select(unnamed.json, '/issue/0/code')[0], 'too-costly')
  t.equal((await get(gp, `${url}&patient=${record.id},${other.id}`)).status, 400)
  const found = await get(gp, `${url}&patient=${record.id}`)
  t.same(typesIn(found), ['Consent', 'DocumentReference', 'Observation'])
  const consents = select(found.json, '/entry/*/resource').filter(
    each => select(each, '/resourceType')[0] === 'Consent',
  )
  t.equal(consents.length, 1, 'the one that names him')
  t.same(typesIn(await get(patientOf(record), url)), ['Consent', 'DocumentReference', 'Observation'])
  t.same(typesIn(await get(patientOf(record), '?_type=Patient,Practitioner')), ['Patient'])
  t.same(typesIn(await get(gp, '?_type=Consent')), [])
  t.same(typesIn(await get(stranger, `${url}&patient=${record.id}`)), [])
})

t.test('a page belongs to who got it', async t => {
  for (const url of [
    `DocumentReference/_history?patient=${record.id}&_count=1`,
    `_history?patient=${record.id}&_count=1`,
    `DocumentReference/${plain}/_history?_count=1`,
    `Patient/${record.id}/DocumentReference?_count=1`,
    `Patient/${record.id}/*?_count=1`,
    `?_type=DocumentReference,CareTeam&patient=${record.id}&_count=1`,
  ]) {
    const next = String(select((await get(gp, url)).json, '/link/[relation=next]/url')[0])
    t.equal((await get(gp, next)).status, 200, url)
    const refused: unknown[] = []
    for (const actor of [nurse, patientOf(record), stranger, hospital]) {
      const answer = await get(actor, next)
      t.equal(answer.status, 400, `${actor.subject} ${url}`)
      refused.push(answer.json)
    }
    const forged = await get(gp, `${next.slice(0, -4)}AAAA`)
    t.same([forged.status, forged.json], [400, refused[0]])
  }
})

t.test('a consent that is withdrawn between two pages ends the history', async t => {
  const mine = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  await stage.create(hospital, ...[1, 2, 3].map(() => document(mine, { author })))
  const first = await get(gp, `DocumentReference/_history?patient=${mine.id}&_count=1`)
  t.equal(documentsOf(first).length, 1)
  await stage.create(patientOf(mine), consent(mine, { ...authorises(rpps.gp), type: 'deny' }))
  const second = await get(gp, String(select(first.json, '/link/[relation=next]/url')[0]))
  t.same([second.status, documentsOf(second)], [200, []])
})

t.test('the trail tells who listed what, and a listing that was refused', async t => {
  await get(gp, `DocumentReference/_history?patient=${record.id}&_since=2020`, { 'x-request-id': 'line-type' })
  await get(gp, `_history?patient=${record.id}&_count=3`, { 'x-request-id': 'line-system' })
  await get(gp, `Patient/${record.id}/*?_count=3`, { 'x-request-id': 'line-all' })
  await get(stranger, `DocumentReference/_history?patient=${record.id}`, { 'x-request-id': 'line-refused' })
  const trail = await get(patientOf(record), `AuditEvent?patient=${record.id}&_count=200`)
  const lineOf = (request: string) =>
    select(trail.json, '/entry/*/resource').find(each => JSON.stringify(each).includes(`"${request}"`))
  for (const [request, code, outcome, query] of [
    ['line-type', 'history-type', '0', `_history?patient=${record.id}&_since=2020`],
    ['line-system', 'history-system', '0', `_history?patient=${record.id}&_count=3`],
    ['line-all', 'search-system', '0', `patient=${record.id}&_count=3`],
    ['line-refused', 'history-type', '4', `_history?patient=${record.id}`],
  ] as const) {
    const line = lineOf(request)
    t.same(select(line, '/subtype/0/code'), [code], request)
    t.same(select(line, '/outcome'), [outcome], request)
    t.ok(select(line, '/entity/*/description').includes(query), JSON.stringify(select(line, '/entity/*/description')))
  }
  const named = select(lineOf('line-type'), '/entity/*/what/reference').map(String)
  t.ok(named.includes(`DocumentReference/${plain}/_history/2`))
  t.notOk(named.some(reference => reference.includes(masked)))
})

t.test('a type outside the compartment is refused, and never searched as a whole', async t => {
  for (const path of [
    `Patient/${record.id}/Practitioner`,
    `Practitioner/x/DocumentReference`,
    `Patient/${record.id}/__proto__`,
  ]) {
    const answer = await get(gp, path)
    t.equal(answer.status, 404, path)
    t.same(select(answer.json, '/issue/0/code'), ['not-supported'])
  }
})
