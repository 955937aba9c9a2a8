/** Public bugs of other servers by which a record was read through another door, in the regime `dmp`. */
import t from 'tap'
import type { Answer } from '../../support/client.ts'
import { select } from '../../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from '../support/cast.ts'
import { authorises, blocks, consent, days, masksDocument } from '../support/consents.ts'
import { byFiness, coded, document, type Json, labels, loinc, numbers, observation } from '../support/contents.ts'
import { expectStatus, idsIn, refusalOf, startStage } from '../support/stage.ts'

const stage = await startStage(t)
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const [record, victim] = await Promise.all([stage.open(lets), stage.open()])
const owner = patientOf(record)
const author = [byFiness(finess.hospital)]
const deposit = (more: Json = {}, of = record) => stage.createOne(hospital, document(of, { author, ...more }))
const result = (more: Json = {}, of = record) =>
  stage.createOne(hospital, observation(of, { performer: author, ...more }))
const masked = () => deposit({ securityLabel: labels('MASQUE_PS') })
const absent = `${record.id}-01m8059acqpq9fa9mh94z4zpqt`

const idsOf = ({ json }: Answer): readonly unknown[] => select(json, '/entry/*/resource/id')
const nextOf = ({ json }: Answer): string => String(select(json, '/link/[relation=next]/url')[0] ?? '')

t.test(
  'includes never leave the record, nor on the next page with another token (microsoft/fhir-server#5683)',
  async t => {
    const foreign = await result({}, victim)
    for (let n = 0; n < 3; n += 1) await result({ hasMember: [{ reference: `Observation/${foreign}` }] })
    const search = `Observation?patient=${record.id}&_count=1&_include=Observation:has-member&_include:iterate=*&_revinclude=Observation:has-member`
    for (const actor of [owner, gp]) {
      let url = search
      for (let pages = 0; url !== '' && pages < 10; pages += 1) {
        const page = expectStatus(await stage.get(actor, url), 200)
        t.notMatch(idsOf(page).join(), new RegExp(`${foreign}|${victim.id}`))
        url = nextOf(page)
      }
    }
    const next = nextOf(await stage.get(owner, search))
    for (const actor of [gp, patientOf(victim), hospital])
      t.equal(refusalOf(await stage.get(actor, next)), '400 badPage http._page')
  },
)

t.test(
  '_has and chains over a type that no scope covers tell nothing, whatever the value (hapifhir/hapi-fhir#6065)',
  async t => {
    await result({ valueQuantity: { value: 42, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' } })
    const narrow: Actor = { ...gp, scope: 'user/Patient.rs user/DiagnosticReport.rs' }
    const bodies = new Set<string>()
    for (const value of ['gt0', 'gt41', 'gt43', 'lt42', '42', '0'])
      for (const search of [
        `Patient?_id=${record.id}&_has:Observation:patient:value-quantity=`,
        `DiagnosticReport?patient=${record.id}&result.value-quantity=`,
      ]) {
        const answer = await stage.get(narrow, search + value)
        t.equal(refusalOf(answer).split(' ').slice(0, 2).join(' '), '403 insufficientScope', search + value)
        bodies.add(search + answer.bytes.toString())
      }
    t.equal(bodies.size, 2, 'the same words for every value')
  },
)

t.test('a type outside the compartment is not searched as a whole (Firely Server)', async t => {
  for (const type of ['Practitioner', 'Organization', 'Basic', 'Binary'])
    t.equal((await stage.get(gp, `Patient/${record.id}/${type}`)).status, 404, type)
})

t.test('a link is not followed beyond what is hidden, nor beyond another record (icanbwell/fhir-server)', async t => {
  const to = (id: string) => ({ hasMember: [{ reference: `Observation/${id}` }] })
  const last = await result()
  const hidden = await result({ ...to(last), meta: { security: labels('MASQUE_PS').flatMap(({ coding }) => coding) } })
  const first = await result(to(hidden))
  const abroad = await result(to(last), victim)
  const throughAbroad = await result(to(abroad))
  const along = async (actor: Actor, id: string, include: string) =>
    idsOf(await stage.get(actor, `Observation?patient=${record.id}&_id=${id}&${include}=Observation:has-member`))
  t.same((await along(owner, first, '_include:iterate')).length, 3, 'its patient sees all three')
  t.same(await along(gp, first, '_include:iterate'), [first])
  t.same(await along(owner, throughAbroad, '_include:iterate'), [throughAbroad])
  t.notMatch((await along(gp, last, '_revinclude:iterate')).join(), new RegExp(`${first}|${hidden}|${abroad}`))
})

t.test('a version is hidden by a mask that was set later, in every history (icanbwell/fhir-server)', async t => {
  const id = await deposit({ description: 'before' })
  expectStatus(await stage.put(hospital, { ...document(record, { author, description: 'after' }), id }), 200)
  t.equal((await stage.get(gp, `DocumentReference/${id}/_history/1`)).status, 200)
  await stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
  for (const path of [`${id}/_history/1`, `${id}/_history/2`, `${id}/_history`, id])
    t.equal((await stage.get(gp, `DocumentReference/${path}`)).status, 404, path)
  for (const path of [
    `DocumentReference/_history?patient=${record.id}`,
    `_history?_type=DocumentReference&patient=${record.id}`,
  ])
    t.notMatch((await stage.get(gp, path)).bytes.toString(), new RegExp(id), path)
})

t.test('neither status nor words tell the hidden from the absent (icanbwell/fhir-server)', async t => {
  const id = await masked()
  const body = (of: string): Json => ({ ...document(record, { author: [] }), id: of })
  const asked: readonly (readonly [string, ((of: string) => Json)?])[] = [
    ['GET DocumentReference/<id>'],
    ['HEAD DocumentReference/<id>'],
    ['GET DocumentReference/<id>/_history'],
    ['GET DocumentReference/<id>/_history/1'],
    ['PUT DocumentReference/<id>', body],
    ['DELETE DocumentReference/<id>'],
    [`GET DocumentReference?patient=${record.id}&_id=<id>&_total=accurate`],
    [`DELETE DocumentReference?patient=${record.id}&_id=<id>`],
    [`GET List?patient=${record.id}&item=DocumentReference/<id>`],
  ]
  for (const [request, write] of asked) {
    const [one, other] = await Promise.all(
      [id, absent].map(async of => {
        const answer = await stage.send(gp, request.replace('<id>', of), write === undefined ? {} : { body: write(of) })
        const text = answer.bytes
          .toString()
          .replaceAll(of, '<id>')
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
        const told = text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
        return [answer.status, told, answer.headers.get('etag'), answer.headers.get('content-length')]
      }),
    )
    t.same(one, other, request)
  }
  t.equal((await stage.get(owner, `DocumentReference/${id}`)).status, 200, 'it is there')
})

t.test('a patient changes no label of what others deposited, by no method (icanbwell/fhir-server)', async t => {
  const id = await deposit({ securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') })
  const { json } = await stage.get(owner, `DocumentReference/${id}`)
  const path = `DocumentReference/${id}`
  const operations = JSON.stringify([{ op: 'remove', path: '/securityLabel' }])
  const headers = { 'content-type': 'application/json-patch+json' }
  const answers = [
    await stage.put(owner, { ...(json as Json), securityLabel: undefined }),
    await stage.put(owner, { ...(json as Json), meta: { security: [{ code: 'open' }] } }),
    await stage.send(owner, `PATCH ${path}`, { body: operations, headers }),
    await stage.send(owner, `PATCH DocumentReference?patient=${record.id}&_id=${id}`, { body: operations, headers }),
  ]
  t.same([...new Set(answers.map(({ status }) => status))], [403])
  t.match((await stage.get(hospital, path)).json, { meta: { versionId: '1' } })
})

t.test('an id that was deleted is made again by nobody (Firely Server)', async t => {
  const id = await deposit()
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  for (const actor of [hospital, gp, patientOf(victim)])
    t.ok((await stage.put(actor, { ...document(victim, { author }), id })).status >= 400)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 410)
  t.equal((await stage.get(patientOf(victim), `DocumentReference/${id}`)).status, 404)
})

t.test('a Consent ends with its period, and of two the one that denies holds (icanbwell/fhir-server)', async t => {
  const read = async (...provisions: readonly Json[]) => {
    const each = await stage.open(
      ...provisions.map(provision => (of: { id: string }) => [patientOf(of), consent(of, provision)] as const),
    )
    const id = await deposit({}, each)
    return (await stage.get(gp, `DocumentReference/${id}`)).status
  }
  t.equal(await read(authorises(rpps.gp, days(-10, 10))), 200)
  t.equal(await read(authorises(rpps.gp, days(-10, -1))), 404, 'expired')
  t.equal(await read(authorises(rpps.gp), blocks(rpps.gp)), 404, 'in conflict')
  t.equal(await read(blocks(rpps.gp), authorises(rpps.gp)), 404, 'in conflict, the other way round')
  t.equal(await read(authorises(rpps.gp), blocks(rpps.gp, days(-10, -1))), 200, 'a denial ends too')
})

t.test(
  'a Consent that is written while somebody reads $everything holds for the rest of it (icanbwell/fhir-server)',
  async t => {
    const other = await stage.open(lets)
    for (let n = 0; n < 4; n += 1) await deposit({ date: `2026-01-0${n + 1}T10:00:00Z` }, other)
    const last = await deposit({ date: '2026-02-01T10:00:00Z', type: coded(loinc, '34133-9') }, other)
    const path = `Patient/${other.id}/$everything`
    const whole = async () => (await stage.get(gp, path)).bytes.toString()
    t.match(await whole(), new RegExp(last))
    const first = expectStatus(await stage.get(gp, `${path}?_count=1`), 200)
    await stage.createOne(patientOf(other), consent(other, masksDocument(`DocumentReference/${last}`)))
    const seen: unknown[] = []
    for (let url = nextOf(first); url !== '' && seen.length < 50; ) {
      const page = expectStatus(await stage.get(gp, url), 200)
      seen.push(...idsOf(page))
      url = nextOf(page)
    }
    t.notOk(seen.includes(last), 'the pages that follow')
    t.notMatch(await whole(), new RegExp(last), 'and asked again')
  },
)

t.test('a total is that of what the caller may see, and there is one (hapifhir/hapi-fhir#1507, #2012)', async t => {
  const other = await stage.open(lets)
  await Promise.all([deposit({}, other), deposit({}, other), deposit({ securityLabel: labels('MASQUE_PS') }, other)])
  for (const [actor, total] of [
    [gp, 2],
    [patientOf(other), 3],
  ] as const)
    for (const more of ['_total=accurate', '_summary=count', '_total=accurate&_count=1'])
      t.same(
        select((await stage.get(actor, `DocumentReference?patient=${other.id}&${more}`)).json, '/total'),
        [total],
        more,
      )
})

t.test('who deletes is in the trail (ohs-foundation/fhir-gateway#397)', async t => {
  const id = await deposit({ identifier: [{ system: numbers, value: 'deleted' }] })
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&entity=DocumentReference/${id}`)
  t.ok(select(trail.json, '/entry/*/resource/action').includes('D'), 'an event of a deletion')
  t.same(idsIn(trail, 'DocumentReference'), [])
})
