/** What attackers try, and what other servers were caught by. Nothing of it may open, reveal or break anything. */
import { request } from 'node:http'
import { decodeJwt, generateKeyPair, importJWK, SignJWT } from 'jose'
import t from 'tap'
import { demoSettings } from '../../server/demo/demo-settings.ts'
import { demoIssuer } from '../../server/demo/people.ts'
import { type Answer, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  finess,
  gp,
  hospital,
  laboratory,
  operator,
  patientOf,
  professional,
  rpps,
  stranger,
} from './support/cast.ts'
import { authorises, consent, masksDocument, treats } from './support/consents.ts'
import {
  asks,
  batch,
  byFiness,
  byRpps,
  coded,
  complementaryTypes,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  loinc,
  numbers,
  observation,
  patient,
  report,
  subjectOf,
  transaction,
} from './support/contents.ts'
import { expectStatus, idOf, idsIn, newIns, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t, { BODY_LIMIT_MIB: '1' })
const author = [byFiness(finess.hospital)]
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const record = await stage.open(lets)
const victim = await stage.open()
const owner = patientOf(record)
const documentId = await stage.createOne(hospital, document(record, { author }))
const secretId = await stage.createOne(
  hospital,
  document(victim, { author, identifier: [{ system: numbers, value: 's-1' }] }),
)
const secretResult = await stage.createOne(hospital, observation(victim))

// --- Who is it?

const { key } = demoSettings(stage.server.environment)
const good = decodeJwt(await stage.token(gp))
const signingKey = await importJWK({ ...key }, 'ES256')
const { kty, crv, x, y, kid } = key
const publicKey = { kty, crv, x, y, kid }
const signed = (claims: Json, header: Json = {}): Promise<string> =>
  new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(signingKey)
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset
const stranger256 = await generateKeyPair('ES256', { extractable: true })
const [head = '', body = '', signature = ''] = (await stage.token(gp)).split('.')
const hmac = (secret: string): Promise<string> =>
  new SignJWT(good)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })
    .sign(Buffer.from(secret.padEnd(32, ' ')))
const dmp = good.dmp as Json

const tokens: Readonly<Record<string, () => string | Promise<string>>> = {
  nothing: () => '',
  'a word': () => 'token',
  'three dots': () => '...',
  'alg none, no signature': () => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
  'alg None': () => `${encoded({ alg: 'None', kid: key.kid })}.${body}.`,
  'alg none, the signature kept': () => `${encoded({ alg: 'none', kid: key.kid })}.${body}.${signature}`,
  'HS256 with the public key as JSON': () => hmac(JSON.stringify(publicKey)),
  'HS256 with the x of the public key': () => hmac(String(x)),
  'HS256 with an empty secret': () => hmac(''),
  'the signature cut off': () => `${head}.${body}.`,
  'the signature of another token': () =>
    signed({ sub: 'other' }).then(other => `${head}.${body}.${other.split('.')[2]}`),
  'claims changed after signing': () =>
    `${head}.${encoded({ ...good, scope: 'user/*.cruds system/*.cruds', sub: 'x' })}.${signature}`,
  'another key under the same kid': () =>
    new SignJWT(good).setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(stranger256.privateKey),
  'another key that the header brings along': () =>
    new SignJWT(good).setProtectedHeader({ alg: 'ES256', jwk: publicKey as never }).sign(stranger256.privateKey),
  'a kid that nobody knows': () => signed({}, { kid: 'unknown' }),
  'a critical header that nobody understands': () =>
    `${encoded({ alg: 'ES256', kid: key.kid, crit: ['x'], x: 1 })}.${body}.${signature}`,
  'another type of token': () => signed({}, { typ: 'dpop+jwt' }),
  'another audience': () => signed({ aud: 'urn:elsewhere' }),
  'no audience': () => signed({ aud: undefined }),
  'another issuer': () => signed({ iss: 'https://elsewhere.example' }),
  'the issuer with a slash': () => signed({ iss: `${demoIssuer}/` }),
  'no issuer': () => signed({ iss: undefined }),
  expired: () => signed({ exp: seconds(-60) }),
  'no end': () => signed({ exp: undefined }),
  'an end in words': () => signed({ exp: 'never' }),
  'not valid yet': () => signed({ nbf: seconds(60) }),
  'issued tomorrow': () => signed({ iat: seconds(86_400) }),
  'no subject': () => signed({ sub: undefined }),
  'no dmp': () => signed({ dmp: undefined }),
  'a dmp of words': () => signed({ dmp: 'professional' }),
  'a list as dmp': () => signed({ dmp: [dmp] }),
  'a kind that nobody knows': () => signed({ dmp: { ...dmp, kind: 'authority' } }),
  'a kind named like a part of every object': () => signed({ dmp: { ...dmp, kind: 'constructor' } }),
  'two kinds': () => signed({ dmp: { ...dmp, kind: ['professional', 'operator'] } }),
  'an RPPS of another length': () => signed({ dmp: { ...dmp, rpps: '9970001000' } }),
  'an RPPS that is a number': () => signed({ dmp: { ...dmp, rpps: 99700010008 } }),
  'an RPPS that is a query': () => signed({ dmp: { ...dmp, rpps: { $ne: null } } }),
  'an RPPS with a line break': () => signed({ dmp: { ...dmp, rpps: '99700010008\n' } }),
  'an emergency without a reason': () => signed({ dmp: { ...dmp, mode: 'bris_de_glace' } }),
  'an emergency with an empty reason': () => signed({ dmp: { ...dmp, mode: 'centre_15', reason: ' ' } }),
  'a mode that nobody knows': () => signed({ dmp: { ...dmp, mode: 'toString', reason: 'x' } }),
  'a profession without a system': () => signed({ dmp: { ...dmp, profession: { code: '10' } } }),
  'a patient that is no id': () => signed({ dmp: { kind: 'patient', patient: '../x' } }),
  'neither number nor structure': () => signed({ dmp: { kind: 'professional', profession: dmp.profession } }),
}

t.test('a token that is not right in every respect is refused with 401, always in the same words', async t => {
  const answers = new Set<string>()
  for (const [what, make] of Object.entries(tokens)) {
    const response = await fetch(`${stage.base}/DocumentReference/${documentId}`, {
      headers: { authorization: `Bearer ${await make()}` },
    })
    t.equal(response.status, 401, what)
    t.match(response.headers.get('www-authenticate'), /^Bearer realm="dmp"/, what)
    if (what !== 'nothing') answers.add(`${response.headers.get('www-authenticate')} ${await response.text()}`)
  }
  t.ok(answers.size <= 2, [...answers].join('\n'))
  t.equal((await stage.get(gp, `DocumentReference/${documentId}`)).status, 200, 'the good one')
})

t.test('a good token is one only in the header Authorization, as Bearer', async t => {
  const token = await stage.token(gp)
  const url = `${stage.base}/DocumentReference/${documentId}`
  for (const [what, response] of [
    ['no header', await fetch(url)],
    ['Basic', await fetch(url, { headers: { authorization: `Basic ${Buffer.from(token).toString('base64')}` } })],
    ['no scheme', await fetch(url, { headers: { authorization: token } })],
    ['a cookie', await fetch(url, { headers: { cookie: `access_token=${token}` } })],
    ['two tokens', await fetch(url, { headers: { authorization: `Bearer ${token}, Bearer ${token}` } })],
  ] as const)
    t.equal(response.status, 401, what)
  t.ok([400, 401].includes((await fetch(`${url}?access_token=${token}`)).status), 'in the URL')
  t.equal((await fetch(url, { headers: { authorization: `bearer ${token}` } })).status, 200, 'the scheme in lower case')
})

t.test('without a token nothing tells what exists', async t => {
  const [one, ...others] = await Promise.all(
    [
      `DocumentReference/${documentId}`,
      'DocumentReference/x',
      'Patient',
      'Nothing/1',
      '',
      '$export',
      `Patient/${record.id}/$everything`,
    ].map(async path => {
      const response = await fetch(`${stage.base}/${path}`)
      return `${response.status} ${await response.text()}`
    }),
  )
  t.match(one, /^401/)
  for (const other of others) t.ok(other === one || /^40[45]/.test(other), other)
})

t.test('a token that expires is refused although its verdict was kept', async t => {
  // Clocks may differ by five seconds.
  const token = await signed({ exp: seconds(-3), iat: seconds(-60), nbf: seconds(-60) })
  const ask = () =>
    fetch(`${stage.base}/DocumentReference/${documentId}`, { headers: { authorization: `Bearer ${token}` } })
  t.equal((await ask()).status, 200)
  await new Promise(resolve => setTimeout(resolve, 3200))
  t.equal((await ask()).status, 401)
})

t.test('a claim that nobody knows, a prototype in it too, changes nothing', async t => {
  const polluted = JSON.parse(`{"__proto__":{"kind":"operator","polluted":true},"constructor":{"x":1}}`)
  const token = await signed({ dmp: { ...dmp, ...polluted, role: undefined, admin: true }, isAdmin: true })
  const response = await fetch(`${stage.base}/DocumentReference/${secretId}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  t.equal(response.status, 404)
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

// --- Another patient's record

t.test('a patient’s token opens no door to another record', async t => {
  for (const path of [
    `Patient/${victim.id}`,
    `Patient/${victim.id}/_history`,
    `DocumentReference/${secretId}`,
    `DocumentReference/${secretId}/_history/1`,
    `Observation/${secretResult}`,
    `AuditEvent/${victim.id}-01m8059acqpq9fa9mh94z4zpqt`,
  ])
    t.equal((await stage.get(owner, path)).status, 404, path)
  const identifier = encodeURIComponent(`${insSystem}|${victim.ins}`)
  for (const search of [
    `DocumentReference?patient=${victim.id}`,
    `DocumentReference?patient=Patient/${victim.id}`,
    `DocumentReference?patient=${encodeURIComponent(`${stage.base}/Patient/${victim.id}`)}`,
    `DocumentReference?patient:Patient=${victim.id}`,
    `DocumentReference?subject=Patient/${victim.id}`,
    `DocumentReference?subject=${victim.id}&patient=${record.id}`,
    `DocumentReference?patient=${record.id}&patient=${victim.id}`,
    `DocumentReference?patient=${record.id},${victim.id}`,
    `DocumentReference?patient.identifier=${identifier}`,
    `DocumentReference?patient:identifier=${identifier}`,
    `DocumentReference?_id=${secretId}`,
    `DocumentReference?patient=${record.id}&_id=${secretId}`,
    `DocumentReference?identifier=${encodeURIComponent(`${numbers}|s-1`)}`,
    `Patient?_id=${victim.id}`,
    `Patient?identifier=${identifier}`,
    'Patient?family=ESSAI&birthdate=2015-01-01',
    `AuditEvent?patient=${victim.id}`,
    `AuditEvent?entity=DocumentReference/${secretId}`,
    `Consent?patient=${victim.id}`,
    `Provenance?target=DocumentReference/${secretId}`,
    `List?item=DocumentReference/${secretId}`,
  ]) {
    const answer = await stage.get(owner, `${search}&_total=accurate`)
    t.ok([200, 400].includes(answer.status), `${search}: ${answer.status}`)
    const leaked = answer.bytes.toString().replaceAll(search, '')
    t.notOk(answer.status === 200 && leaked.includes(`"${secretId}"`), search)
    t.notOk(idsIn(answer, 'Patient').includes(victim.id), search)
  }
})

t.test('what points to another record brings nothing of it along', async t => {
  const pointing = {
    hasMember: [{ reference: `Observation/${secretResult}` }],
    derivedFrom: [{ reference: `DocumentReference/${secretId}` }],
  }
  const id = await stage.createOne(hospital, observation(record, pointing))
  for (const actor of [owner, gp, hospital]) {
    const forward = await stage.get(
      actor,
      `Observation?patient=${record.id}&_id=${id}&_include=Observation:has-member&_include=Observation:derived-from`,
    )
    t.same(idsIn(forward, 'Observation'), [id])
    t.same(idsIn(forward, 'DocumentReference'), [])
  }
  await stage.createOne(hospital, observation(victim, { hasMember: [{ reference: `Observation/${id}` }] }))
  for (const actor of [owner, gp, hospital])
    t.same(
      idsIn(
        await stage.get(actor, `Observation?patient=${record.id}&_id=${id}&_revinclude=Observation:has-member`),
        'Observation',
      ),
      [id],
    )
})

t.test('one transaction writes for one patient; a batch writes each entry by itself', async t => {
  const both = [creates(document(record, { author })), creates(document(victim, { author }))]
  const answer = await stage.post(hospital, transaction(...both))
  t.match(refusalOf(answer), /^422 refusedByRule Bundle\.entry\[1\]/)
  t.same(select((await stage.post(hospital, batch(...both))).json, '/entry/*/response/status'), [
    '201 Created',
    '201 Created',
  ])
  const own = creates(document(record, { author: [subjectOf(record)], type: coded(complementaryTypes, 'DOCPAT01') }))
  const other = creates(document(victim, { author: [subjectOf(victim)], type: coded(complementaryTypes, 'DOCPAT01') }))
  t.same(select((await stage.post(owner, batch(own, other))).json, '/entry/*/response/status'), [
    '201 Created',
    '403 Forbidden',
  ])
})

t.test('a hidden value cannot be bisected by chains and _has', async t => {
  const meta = { security: labels('MASQUE_PS').flatMap(({ coding }) => coding) }
  const masked = await stage.createOne(hospital, observation(record, { performer: author, meta }))
  const result = [{ reference: `Observation/${masked}` }]
  const reportId = await stage.createOne(hospital, report(record, { performer: author, result }))
  const found = async (actor: Actor, value: string) => {
    const chain = `DiagnosticReport?patient=${record.id}&result.value-quantity=${value}`
    const back = `Patient?_id=${record.id}&_has:DiagnosticReport:subject:result.value-quantity=${value}`
    return [
      ...idsIn(await stage.get(actor, chain), 'DiagnosticReport'),
      ...idsIn(await stage.get(actor, back), 'Patient'),
    ]
  }
  t.same(await found(owner, 'gt13'), [reportId, record.id], 'its patient may')
  t.same(await found(owner, 'gt14'), [])
  for (const value of ['gt13', 'gt14', 'lt13', 'lt14', '13.5', 'ge0']) t.same(await found(gp, value), [], value)
  for (const search of [
    'subject:Patient.family=ESSAI',
    'patient.birthdate=2015',
    '_has:Observation:has-member:status=final',
  ])
    t.same(idsIn(await stage.get(gp, `Observation?patient=${victim.id}&${search}`), 'Observation'), [], search)
})

t.test('searches that this server does not understand are refused', async t => {
  for (const search of [
    'DocumentReference?_filter=type ss 34112-3',
    'DocumentReference?_query=x',
    'DocumentReference?_text=x',
    'DocumentReference?_content=x',
    'DocumentReference?_list=$current-documents',
    'DocumentReference?type:in=http://example.org/ValueSet/a',
  ])
    t.equal((await stage.get(gp, `${search}&patient=${record.id}`)).status, 400, search)
})

// --- What changes between two requests

const pages = async (actor: Actor, id: string) => {
  const first = await stage.get(actor, `DocumentReference?patient=${id}&_count=1&_sort=date&_total=accurate`)
  return { first, next: String(select(first.json, '/link/[relation=next]/url')[0]) }
}

t.test('what is masked, and who is shut out, while somebody turns pages is gone from the next page on', async t => {
  const other = await stage.open(lets)
  const ids: string[] = []
  for (const day of ['01', '02', '03'])
    ids.push(await stage.createOne(hospital, document(other, { author, date: `2026-02-${day}T10:00:00Z` })))
  const { next } = await pages(gp, other.id)
  await stage.createOne(patientOf(other), consent(other, masksDocument(`DocumentReference/${ids[1]}`)))
  const second = await stage.get(gp, next)
  t.same(idsIn(second, 'DocumentReference'), [ids[2]])
  t.same(select(second.json, '/total'), [2])
  t.same(select(second.json, '/link/[relation=next]'), [])
  const { next: again } = await pages(gp, other.id)
  const [authorisation] = matchesOf(
    await stage.get(patientOf(other), `Consent?patient=${other.id}&actor:identifier=${rpps.gp}`),
  )
  t.ok(authorisation)
  expectStatus(await stage.put(patientOf(other), { ...(authorisation as Json), status: 'inactive' }), 200)
  const shut = await stage.get(gp, again)
  t.match(shut.json, { total: 0 })
  t.same(idsIn(shut, 'DocumentReference'), [])
})

t.test('a page link is for its caller, its search and its server, unchanged', async t => {
  const { next } = await pages(hospital, record.id)
  const altered = `${next.slice(0, -2)}${next.endsWith('A') ? 'BB' : 'AA'}`
  for (const [what, actor, url] of [
    ['another caller', gp, next],
    ['the patient', owner, next],
    ['another client of the same professional', { ...gp, subject: 'other' }, next],
    ['changed', hospital, altered],
    ['cut', hospital, next.slice(0, -8)],
    ['for another type', hospital, next.replace('DocumentReference?', 'Observation?')],
    ['with a parameter more', hospital, `${next}&patient=${victim.id}`],
    ['twice', hospital, `${next}&${next.split('?')[1]}`],
    ['made up', hospital, `${stage.base}/DocumentReference?_page=AAAA`],
    ['empty', hospital, `${stage.base}/DocumentReference?_page=`],
  ] as const)
    t.equal(refusalOf(await stage.get(actor, url)), '400 badPage http._page', what)
  t.equal((await stage.get(hospital, next)).status, 200)
})

t.test(
  'a version that was open is closed once the document is masked, and a masked one stays masked once it is open',
  async t => {
    const open = document(record, { author })
    const masked = document(record, { author, securityLabel: labels('MASQUE_PS') })
    const [later, sooner] = [await stage.createOne(hospital, open), await stage.createOne(hospital, masked)]
    expectStatus(await stage.put(hospital, { ...masked, id: later }), 200)
    expectStatus(await stage.put(hospital, { ...open, id: sooner }), 200)
    const status = async (path: string) => (await stage.get(gp, `DocumentReference/${path}`)).status
    t.same(
      [
        await status(later),
        await status(`${later}/_history/1`),
        await status(`${later}/_history/2`),
        await status(`${later}/_history`),
      ],
      [404, 404, 404, 404],
    )
    t.same(
      [await status(sooner), await status(`${sooner}/_history/1`), await status(`${sooner}/_history/2`)],
      [200, 404, 200],
    )
    const history = await stage.get(gp, `DocumentReference/${sooner}/_history`)
    t.same(select(history.json, '/entry/*/resource/meta/versionId'), ['2'])
    t.equal((await stage.get(hospital, `DocumentReference/${later}/_history/1`)).status, 200, 'to its depositor')
  },
)

t.test('a Consent masks the former versions too', async t => {
  const id = await stage.createOne(hospital, document(record, { author }))
  expectStatus(await stage.put(hospital, { ...document(record, { author, description: 'x' }), id }), 200)
  t.equal((await stage.get(gp, `DocumentReference/${id}/_history/1`)).status, 200)
  await stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
  for (const path of [id, `${id}/_history/1`, `${id}/_history/2`, `${id}/_history`])
    t.equal((await stage.get(gp, `DocumentReference/${path}`)).status, 404, path)
})

t.test('an id that was deleted is nobody’s to take again', async t => {
  const id = await stage.createOne(hospital, document(record, { author }))
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 410, 'who could see it')
  t.equal((await stage.get(stranger, `DocumentReference/${id}`)).status, 404, 'who could not')
  t.equal((await stage.put(hospital, { ...document(record, { author }), id })).status, 410)
  t.ok([405, 410].includes((await stage.put(gp, { ...document(record, { author: [byRpps(rpps.gp)] }), id })).status))
  t.equal((await stage.put(stranger, { ...document(record, { author: [byRpps(rpps.stranger)] }), id })).status, 405)
  t.equal(
    (await stage.put(laboratory, { ...document(victim, { author: [byFiness(finess.laboratory)] }), id })).status,
    422,
  )
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 410)
  t.equal((await stage.get(gp, `DocumentReference/${id}/_history/1`)).status, 200, 'its history stays')
})

// --- Writing what one may not

t.test('a patient does not rewrite what others deposited, and no label of it', async t => {
  const labelled = document(record, { author, securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') })
  const id = await stage.createOne(hospital, labelled)
  for (const elements of [
    { securityLabel: undefined },
    { securityLabel: labels('MASQUE_PS') },
    { meta: { security: [] as Json[] } },
    { author: [subjectOf(record)], type: coded(complementaryTypes, 'DOCPAT01') },
  ]) {
    const body = JSON.parse(
      JSON.stringify({ ...labelled, ...elements, id, ...(elements.meta ? { meta: undefined } : {}) }),
    )
    t.equal((await stage.put(owner, body)).status, 403)
  }
  t.match((await stage.get(hospital, `DocumentReference/${id}`)).json, { meta: { versionId: '1' } })
})

t.test('nobody reads a masked content by a document of his own that points to it', async t => {
  const bytes = { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }
  const url = 'urn:uuid:d0000000-0000-4000-8000-000000000001'
  const [id = '', binary = ''] = await stage.create(
    hospital,
    creates(document(record, { author, content: [{ attachment: { url } }] })),
    creates(bytes, url),
  )
  const own = (elements: Json) => document(record, { author: [byRpps(rpps.gp)], ...elements })
  t.equal((await stage.get(gp, `Binary/${binary}`)).status, 200, 'while it is visible')
  for (const attached of [
    `Binary/${binary}`,
    `${stage.base}/Binary/${binary}`,
    `Binary/${binary}/_history/1`,
    `https://elsewhere.example/fhir/Binary/${binary}`,
  ]) {
    const answer = await stage.post(gp, own({ content: [{ attachment: { url: attached } }] }))
    t.ok([403, 422].includes(answer.status), `${attached}: ${answer.status}`)
  }
  await stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
  t.equal((await stage.get(gp, `Binary/${binary}`)).status, 404)
  t.ok(
    [403, 422].includes((await stage.post(gp, own({ content: [{ attachment: { url: `Binary/${binary}` } }] }))).status),
  )
  const list = {
    resourceType: 'List',
    status: 'current',
    mode: 'working',
    subject: subjectOf(record),
    entry: [{ item: { reference: `DocumentReference/${id}` } }],
  }
  t.equal((await stage.post(gp, list)).status, 422)
  t.equal(
    (await stage.put(gp, { ...bytes, id: binary, securityContext: { reference: `DocumentReference/${documentId}` } }))
      .status,
    405,
  )
  t.equal((await stage.get(gp, `Binary/${binary}`)).status, 404)
})

t.test('X-Security-Context does not carry a content into what its sender may not see', async t => {
  const masked = await stage.createOne(hospital, document(record, { author, securityLabel: labels('MASQUE_PS') }))
  const send = (actor: Actor, context: string) =>
    stage.send(actor, 'POST Binary', {
      body: 'x',
      headers: { 'content-type': 'text/plain', 'x-security-context': context },
    })
  for (const [what, actor, context] of [
    ['a masked document', gp, `DocumentReference/${masked}`],
    ['a document of another record', gp, `DocumentReference/${secretId}`],
    ['another patient, by a patient', owner, `Patient/${victim.id}`],
    ['words', gp, 'x'],
    ['nothing', gp, ''],
    ['another server', gp, `https://elsewhere.example/fhir/DocumentReference/${documentId}`],
    ['a query', gp, 'DocumentReference?status=current'],
    ['two', gp, `DocumentReference/${documentId}, DocumentReference/${secretId}`],
  ] as const) {
    const { status } = await send(actor, context)
    t.ok([400, 403, 422].includes(status), `${what}: ${status}`)
  }
  const { status, headers } = await send(hospital, `DocumentReference/${masked}`)
  t.equal(status, 201)
  t.equal(
    (await stage.get(gp, `Binary/${idOf(headers.get('location'))}`)).status,
    404,
    'it is masked like its document',
  )
})

t.test('naming somebody as an author gives the depositor nothing, and takes nothing from others', async t => {
  const spoofed = document(record, { author: [byRpps(rpps.hospital)] })
  t.equal(refusalOf(await stage.post(gp, spoofed)), '422 refusedByRule DocumentReference.author')
  const id = await stage.createOne(
    gp,
    document(record, { author: [byRpps(rpps.gp), byRpps(rpps.hospital), ...author] }),
  )
  t.equal(
    (await stage.get(professional(rpps.hospital, { structure: finess.hospital }), `DocumentReference/${id}`)).status,
    404,
  )
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 404)
  const claimed = await stage.put(gp, { ...document(record, { author: [byRpps(rpps.gp)] }), id: documentId })
  t.equal(claimed.status, 403, 'somebody else’s document')
})

t.test('a médecin traitant whom nobody named is none', async t => {
  const other = await stage.open(each => [patientOf(each), consent(each, treats(rpps.gp))])
  const masked = await stage.createOne(hospital, document(other, { author, securityLabel: labels('MASQUE_PS') }))
  t.equal((await stage.get(gp, `DocumentReference/${masked}`)).status, 200)
  t.equal((await stage.get(colleague, `DocumentReference/${masked}`)).status, 404)
  const inName = consent(other, treats(rpps.colleague))
  t.equal((await stage.post(colleague, inName)).status, 422, 'without the patient’s agreement')
  t.equal((await stage.get(colleague, `DocumentReference/${masked}`)).status, 404)
})

for (const [what, id] of [
  ['in the form of a row of this record', () => `${record.id}-01m8059acqpq9fa9mh94z4zpqt`],
  ['in the form of a row of another record', () => `${victim.id}-01m8059acqpq9fa9mh94z4zpqt`],
  ['in the form of a row of the directory', () => '01m8059acqpq9fa9mh94z4zpqt'],
  ['in the form of a patient', () => '0123456789ab'],
  ['of the client’s own', () => 'my-id-1'],
  ['of a document that is hidden', () => secretId],
] as const) {
  t.test(`a client does not choose an id ${what}`, async t => {
    const { status } = await stage.put(gp, { ...document(record, { author: [byRpps(rpps.gp)] }), id: id() })
    t.ok([405, 422].includes(status), String(status))
    const posted = await stage.post(gp, {
      ...document(record, { author: [byRpps(rpps.gp)] }),
      id: id(),
      meta: { versionId: '99', lastUpdated: '2000-01-01T00:00:00Z' },
    })
    t.equal(posted.status, 201)
    t.not(idOf(posted.headers.get('location')), id(), 'a POST gets an id of the server')
    t.match(posted.json, { meta: { versionId: '1' } })
  })
}

t.test('the trail is written by nobody', async t => {
  const [event] = matchesOf(await stage.get(owner, `AuditEvent?patient=${record.id}`))
  const id = String(select(event, '/id')[0])
  for (const actor of [owner, gp, hospital, operator])
    for (const answer of [
      await stage.post(actor, { ...(event as Json), id: undefined }),
      await stage.put(actor, event as Json),
      await stage.remove(actor, `AuditEvent/${id}`),
      await stage.post(actor, transaction(creates(event as Json))),
      await stage.post(actor, transaction(asks('DELETE', `AuditEvent/${id}`))),
    ])
      t.ok([403, 405].includes(answer.status), String(answer.status))
  t.equal((await stage.get(owner, `AuditEvent/${id}`)).status, 200)
})

t.test('the directory is read by everybody and written by the operator', async t => {
  const practitioner = { resourceType: 'Practitioner', identifier: [byRpps(rpps.gp).identifier] }
  const id = await stage.createOne(operator, practitioner)
  for (const actor of [owner, gp, hospital]) {
    t.equal((await stage.get(actor, `Practitioner/${id}`)).status, 200)
    t.equal((await stage.post(actor, practitioner)).status, 403)
    t.equal((await stage.put(actor, { ...practitioner, id })).status, 403)
    t.equal((await stage.remove(actor, `Practitioner/${id}`)).status, 403)
  }
})

// --- Letters that mean something elsewhere

for (const search of [
  `DocumentReference?patient[$ne]=x`,
  `DocumentReference?patient=${record.id}&type[$regex]=.*`,
  `DocumentReference?patient=${record.id}&$where=1`,
  `DocumentReference?patient=${record.id}&__proto__=1`,
  `DocumentReference?patient=${record.id}&constructor=1`,
  `DocumentReference?patient=${record.id}&__proto__[x]=1`,
  `DocumentReference?patient=${record.id}&toString=1`,
  `DocumentReference?patient=${record.id}&_include=__proto__:constructor`,
  `DocumentReference?patient=${record.id}&_include=DocumentReference:__proto__`,
  `DocumentReference?patient=${record.id}&_include:iterate=constructor:*`,
  `DocumentReference?patient=${record.id}&_filter=$where eq 1`,
  `DocumentReference?patient=${record.id}&_filter=__proto__ eq 1`,
  `DocumentReference?patient=${record.id}&_filter=patient eq Patient/x`,
  `DocumentReference?patient=${record.id}&relationship=__proto__$x$y`,
  `DocumentReference?patient=${record.id}&_sort=__proto__`,
  `DocumentReference?patient=${record.id}&_sort=$where`,
  `DocumentReference?patient=${record.id}&_count=-1`,
  `DocumentReference?patient=${record.id}&_count=1e9`,
  `DocumentReference?patient=${record.id}&Type=34112-3`,
  `DocumentReference?patient=${record.id}&TYPE=34112-3`,
  `DocumentReference?Patient=${record.id}`,
  `DocumentReference?patient=${record.id}&_ID=x`,
  `DocumentReference?patient=${record.id}&type:NOT=x`,
  `DocumentReference?patient=${record.id}&date=%00`,
  `DocumentReference?patient=${record.id}&date=gt`,
  `DocumentReference?patient=${record.id}&${'type=x&'.repeat(101)}`,
  'DocumentReference?patient=',
  'DocumentReference',
]) {
  t.test(`refused, and nothing is guessed: ${search.replaceAll(record.id, '<id>').slice(0, 80)}`, async t => {
    const { patient: _, ...unlaunched } = gp
    const answer = await stage.get(unlaunched, search)
    t.equal(answer.status, 400)
    t.ok(
      ['unknownParameter', 'badParameter', 'tooCostly'].includes(
        String(select(answer.json, '/issue/0/details/coding/0/code')[0]),
      ),
    )
  })
}

t.test('a parameter in the wrong case opens nothing when the client is lenient', async t => {
  const answer = await stage.get(gp, `DocumentReference?patient=${record.id}&Type=34112-3&_count=200&_total=accurate`, {
    prefer: 'handling=lenient',
  })
  t.equal(answer.status, 200)
  t.equal(idsIn(answer, 'DocumentReference').length, select(answer.json, '/total')[0])
  t.match(answer.bytes.toString(), /not-supported/)
  t.equal((await stage.get(gp, `DocumentReference?Patient=${record.id}`, { prefer: 'handling=lenient' })).status, 400)
})

for (const value of [
  '{"$ne":null}',
  '{"$gt":""}',
  '$where',
  '.*',
  '^',
  '(a+)+$',
  "' || '1'=='1",
  '\\',
  '\u0000',
  '__proto__',
  'constructor',
  '💥',
  '‮',
  'x'.repeat(2000),
  '%',
  '|',
  '||',
  'a|b|c',
  ',',
]) {
  t.test(`a value is a value, whatever it holds: ${JSON.stringify(value).slice(0, 40)}`, async t => {
    const text = encodeURIComponent(value)
    for (const [type, parameter] of [
      ['DocumentReference', 'identifier'],
      ['DocumentReference', 'type'],
      ['DocumentReference', 'description'],
      ['DocumentReference', '_id'],
      ['Observation', 'value-string'],
      ['DocumentReference', 'author'],
    ] as const) {
      const answer = await stage.get(gp, `${type}?patient=${record.id}&${parameter}=${text}&_total=accurate`)
      t.ok([200, 400].includes(answer.status), `${parameter}: ${answer.status}`)
      t.same(
        select(answer.json, '/total').filter(total => total !== 0),
        [],
        parameter,
      )
    }
    const read = await stage.send(gp, `GET DocumentReference/${text}`)
    t.ok([400, 404, 414].includes(read.status), `read ${read.status}`)
  })
}

for (const [what, path] of [
  ['a type named like a part of every object', '__proto__/x'],
  ['a constructor', 'constructor/x'],
  ['a type in lower case', `documentreference/${'x'}`],
  ['an operation on everything', '$export'],
  ['everything of a patient', `Patient/${victim.id}/$everything`],
  ['a match', 'Patient/$match'],
  ['a path upwards', `DocumentReference/x/../${secretId}`],
  ['an encoded path upwards', `DocumentReference/%2e%2e%2fDocumentReference%2f${secretId}`],
  ['an encoded slash', `DocumentReference%2f${secretId}`],
  ['two slashes', `/DocumentReference/${secretId}`],
  ['an id in capitals', `DocumentReference/${secretId.toUpperCase()}`],
  ['an id with a space', `DocumentReference/${secretId}%20`],
  ['an id with a line break', `DocumentReference/${secretId}%0a`],
  ['an id with a zero byte', `DocumentReference/${secretId}%00`],
  ['the version nought', `DocumentReference/${secretId}/_history/0`],
  ['a version that is no number', `DocumentReference/${secretId}/_history/1e0`],
] as const) {
  t.test(`${what} leads nowhere`, async t => {
    for (const actor of [gp, owner]) {
      const answer = await stage.get(actor, path)
      t.ok([400, 404, 405].includes(answer.status), String(answer.status))
      t.notMatch(answer.bytes.toString(), /"resourceType":"DocumentReference"/)
    }
    if (path.includes(secretId.toUpperCase()))
      t.equal((await stage.get(hospital, path)).status, 404, 'not even to who may see it')
  })
}

for (const [what, path] of [
  ['a compartment', `Patient/${victim.id}/DocumentReference`],
  ['a compartment, whole', `Patient/${victim.id}/*`],
  ['a compartment, counted', `Patient/${victim.id}/DocumentReference?_summary=count`],
  ['the history of a type', `DocumentReference/_history?patient=${victim.id}&_count=200`],
  ['the history of a record', `_history?patient=${victim.id}&_count=200`],
  ['the history of a record, at a time', `_history?patient=${victim.id}&_at=2026`],
  ['a search of several types', `?_type=DocumentReference,Observation&patient=${victim.id}`],
] as const) {
  t.test(`${what} of somebody else holds nothing`, async t => {
    for (const actor of [gp, owner]) {
      const answer = await stage.get(actor, path)
      t.equal(answer.status, 200)
      t.same(select(answer.json, '/entry'), [])
      t.same(
        select(answer.json, '/total').filter(total => total !== 0),
        [],
      )
    }
  })
}

t.test('a history that names nobody is of the own record, or refused', async t => {
  for (const path of ['DocumentReference/_history?_count=200', '_history?_count=200']) {
    t.equal((await stage.get(gp, path)).status, 400)
    const answer = await stage.get(owner, path)
    t.equal(answer.status, 200)
    t.ok(select(answer.json, '/entry/*').length > 0)
    // A reference to what is hidden stays in the bytes of what is visible; what is hidden is no entry.
    t.notMatch(select(answer.json, '/entry/*/fullUrl').join(' '), new RegExp(`${victim.id}|${secretId}`))
  }
})

for (const method of ['HEAD', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'CONNECTX']) {
  t.test(`${method} answers nothing of a record`, async t => {
    const token = await stage.token(gp)
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const asked = request(
        `${stage.base}/DocumentReference/${documentId}`,
        { method, headers: { authorization: `Bearer ${token}`, 'x-http-method-override': 'GET' } },
        got => {
          let text = ''
          got.on('data', part => (text += String(part)))
          got.on('end', () => resolve({ status: got.statusCode, text }))
        },
      )
      asked.on('error', reject)
      asked.end()
    }).catch(() => ({ status: 400, text: '' }))
    t.ok([200, 204, 400, 404, 405, 415].includes(answer.status ?? 0), String(answer.status))
    t.notMatch(answer.text, /DocumentReference"/)
  })
}

const hostile = `{"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/${record.id}"},"content":[{"attachment":{"title":"x"}}],"author":[{"identifier":{"system":"https://finess.esante.gouv.fr","value":"${finess.hospital}"}}],"type":{"coding":[{"system":"${loinc}","code":"11488-4"}]}`

for (const [what, text, expected] of [
  ['an operator of the database', `${hostile},"$where":"sleep(1000)"}`, [422]],
  ['an operator as a value', `${hostile},"description":{"$ne":null}}`, [422]],
  ['a name with a dot', `${hostile},"a.b":1}`, [422]],
  ['a prototype', `${hostile},"__proto__":{"polluted":true}}`, [400, 422]],
  ['a constructor', `${hostile},"constructor":{"prototype":{"polluted":true}}}`, [422]],
  ['a prototype within', `${hostile.replace('"title":"x"', '"title":"x","__proto__":{"polluted":true}')}}`, [400, 422]],
  ['a member twice', `${hostile},"status":"superseded","status":"current"}`, [400, 422]],
  ['its type twice', `${hostile},"resourceType":"Binary"}`, [400, 422]],
  ['its patient twice', `${hostile},"subject":{"reference":"Patient/${victim.id}"}}`, [400, 422]],
  ['no JSON', `${hostile}`, [400]],
  ['a list', '[]', [400]],
  ['a word', '"x"', [400]],
  ['null', 'null', [400]],
  ['an empty text', '', [400]],
  ['a hundred thousand brackets', '['.repeat(100_000), [400]],
  ['a hundred thousand objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, [400, 422]],
  [
    'deep extensions',
    `${hostile},"extension":${'[{"url":"urn:x","extension":'.repeat(5000)}[]${'}]'.repeat(5000)}}`,
    [400, 413, 422],
  ],
  ['half a surrogate', `${hostile},"description":"\\ud800"}`, [201, 400, 422]],
  ['a number that none can hold', `${hostile},"extension":[{"url":"urn:x","valueDecimal":1e999999}]}`, [201, 400, 422]],
  ['more than the limit', `${hostile},"description":"${'x'.repeat(1_100_000)}"}`, [413]],
] as const) {
  t.test(`a body with ${what} is refused: ${expected.join(' or ')}`, async t => {
    const answer = await stage.send(hospital, 'POST DocumentReference', {
      body: text,
      headers: { 'content-type': 'application/fhir+json' },
    })
    t.ok(
      (expected as readonly number[]).includes(answer.status),
      `${answer.status} ${answer.bytes.toString().slice(0, 300)}`,
    )
    t.equal(Reflect.get({}, 'polluted'), undefined)
    t.equal((await stage.get(hospital, `DocumentReference/${documentId}`)).status, 200, 'the server answers on')
  })
}

t.test('a Bundle is refused beyond a thousand entries, and its addresses lead where a request would', async t => {
  const many = Array.from({ length: 1001 }, () => asks('GET', 'Patient/x'))
  t.equal((await stage.post(gp, batch(...many))).status, 400)
  for (const url of [
    '__proto__/x',
    'constructor',
    '../metadata',
    '$export',
    `Patient/${victim.id}/$everything`,
    `//evil.example/fhir/Patient/${victim.id}`,
    `https://evil.example/fhir/Patient/${victim.id}`,
    '',
    '_history',
  ])
    for (const each of [batch, transaction]) {
      const answer = await stage.post(gp, each(asks('GET', url)))
      const inner = select(answer.json, '/entry/0/response/status')
      t.ok([400, 404, 405].includes(answer.status) || /^4/.test(String(inner[0])), `${url}: ${answer.status} ${inner}`)
      t.notMatch(answer.bytes.toString(), new RegExp(victim.ins))
    }
  const nested = await stage.post(
    gp,
    batch({
      resource: batch(asks('GET', `DocumentReference/${secretId}`)),
      request: { method: 'POST', url: 'Bundle' },
    }),
  )
  t.ok(nested.status === 400 || /^4/.test(String(select(nested.json, '/entry/0/response/status')[0])))
})

t.test('what a document carries cannot run in the name of the server', async t => {
  const url = 'urn:uuid:d0000000-0000-4000-8000-000000000009'
  const script = Buffer.from('<script>alert(1)</script>').toString('base64')
  const [, binary = ''] = await stage.create(
    hospital,
    creates(
      document(record, { author, content: [{ attachment: { contentType: 'text/html', url, title: '"><script>' } }] }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/html', data: script }, url),
  )
  const { headers, status } = await stage.get(gp, `Binary/${binary}`, { accept: 'text/html' })
  t.equal(status, 200)
  t.match(headers.get('content-security-policy'), /sandbox/)
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.match(headers.get('content-disposition'), /^attachment/)
  const injected = await stage
    .createOne(hospital, {
      resourceType: 'Binary',
      contentType: 'text/plain\r\nX-Evil: 1',
      data: script,
      securityContext: subjectOf(record),
    })
    .catch(() => '')
  if (injected !== '') t.equal((await stage.get(hospital, `Binary/${injected}`)).headers.get('x-evil'), null)
})

t.test('a request id that could break a log or a header is not repeated', async t => {
  for (const id of ['x'.repeat(200), '<script>', 'a b', '{"$ne":1}'])
    t.not(
      (await stage.get(gp, `DocumentReference/${documentId}`, { 'x-request-id': id })).headers.get('x-request-id'),
      id,
    )
})

t.test('an answer that is refused repeats nothing that was sent', async t => {
  const marker = 'zzmarkerzz'
  const answers: Answer[] = [
    await stage.get(gp, `DocumentReference/${marker}`),
    await stage.get(gp, `DocumentReference?patient=${record.id}&date=${marker}`),
    await stage.post(gp, { resourceType: 'DocumentReference', status: marker }),
    await stage.post(
      hospital,
      document(record, { author, subject: { identifier: { system: insSystem, value: marker } } }),
    ),
    await stage.post(hospital, patient(newIns(), { birthDate: marker })),
  ]
  for (const { status, bytes } of answers) {
    t.ok(status >= 400)
    t.notMatch(bytes.toString(), new RegExp(marker))
  }
})
