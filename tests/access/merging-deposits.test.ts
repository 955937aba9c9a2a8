/** Deposits that name the Patient, or the INS, of a record that was merged into another. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { type Actor, finess, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { blocks, consent } from './support/consents.ts'
import {
  byFiness,
  creates,
  document,
  insSystem,
  type Json,
  observation,
  patient,
  transaction,
} from './support/contents.ts'
import { beneath, data, mergingOn, own, refer, twinOf, two } from './support/merging.ts'
import { expectStatus, idOf, idsIn, insSearch, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { merges, parts, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)

const { source, target, plain, other } = await two(stage)
const [a, b] = [patientOf(source), patientOf(target)]
expectStatus(await merges(source, target), 200)

const binary = 'urn:uuid:00000000-0000-4000-8000-000000000007'
const person = 'urn:uuid:00000000-0000-4000-8000-000000000006'
const posted = async (resource: Json): Promise<string> =>
  idOf(expectStatus(await stage.post(hospital, resource), 201).headers.get('location'))
const byId = await posted(document(source, own))
const byIns = await posted(
  document(source, { ...own, subject: { identifier: { system: insSystem, value: source.ins } } }),
)
const [byCondition = ''] = await stage.create(
  hospital,
  document(source, { ...own, subject: { reference: `Patient?identifier=${insSearch(source)}` } }),
)
const push = transaction(
  {
    ...creates(patient(source.ins), person),
    request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=${insSearch(source)}` },
  },
  creates(
    document(source, {
      ...own,
      subject: { reference: person },
      content: [{ attachment: { contentType: 'text/plain', url: binary } }],
    }),
  ),
  creates({ resourceType: 'Binary', contentType: 'text/plain', data }, binary),
)
const [, pushed = '', bytes = ''] = select(
  expectStatus(await stage.post(hospital, push), 200).json,
  '/entry/*/response/location',
).map(idOf)
const result = await posted(twinOf(source))
const [scan, values] = [
  'urn:uuid:00000000-0000-4000-8000-000000000008',
  'urn:uuid:00000000-0000-4000-8000-000000000009',
]
/** Of what came with it only the document still stands. */
const [alone = '', ...goneWith] = await stage.create(
  hospital,
  creates(
    document(target, {
      ...own,
      content: [{ attachment: { contentType: 'text/plain', url: scan } }],
      context: { related: [{ reference: values }] },
    }),
  ),
  creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'c2Nhbg==' }, scan),
  creates(observation(target, { performer: own.author }), values),
)
const deletedBefore = [`Binary/${goneWith[0]}`, `Observation/${goneWith[1]}`]
for (const path of deletedBefore) expectStatus(await stage.remove(hospital, path), 204)
const stays = await posted(document(target, own))
const refused = await stage.createOne(b, consent(source, blocks(rpps.samu)))

const subjectOf = async (actor: Actor, path: string) =>
  select((await stage.get(actor, path)).json, '/subject/reference')

t.test('such a deposit is about the Patient who goes on', async t => {
  for (const id of [byId, byCondition, pushed])
    t.same(await subjectOf(b, `DocumentReference/${id}`), [`Patient/${target.id}`])
  const { json } = await stage.get(b, `Observation/${result}`)
  for (const path of ['/subject', '/focus/0', '/contained/0/patient', '/extension/0/valueReference'])
    t.same(select(json, `${path}/reference`), [`Patient/${target.id}`], path)
  const along = await stage.get(
    b,
    `DocumentReference?_id=${byId}&patient=${source.id}&_include=DocumentReference:subject`,
  )
  t.same(idsIn(along, 'Patient'), [target.id])
})

t.test('it is found by either reference, and so is what was there before', async t => {
  for (const record of [source, target]) {
    for (const name of ['patient', 'subject'])
      t.ok(
        idsIn(
          await stage.get(b, `DocumentReference?${name}=Patient/${record.id}&_count=50`),
          'DocumentReference',
        ).includes(byId),
      )
    const answer = await stage.get(b, `Observation?patient=${target.id}&focus=Patient/${record.id}`)
    t.equal(idsIn(answer, 'Observation').length, 2)
  }
})

t.test('a version of the former Patient, and the link to it, are kept as they are', async t => {
  const dated = `Patient/${source.id}/_history/1`
  const id = await posted(
    observation(target, { performer: [byFiness(finess.hospital)], focus: [{ reference: dated }] }),
  )
  t.same(select((await stage.get(b, `Observation/${id}`)).json, '/focus/0/reference'), [dated])
  t.equal((await stage.remove(hospital, `Observation/${id}`)).status, 204)
  const { json } = await stage.get(b, `Patient/${target.id}`)
  expectStatus(await stage.put(b, { ...(json as Json), gender: 'female' }), 200)
  t.match((await stage.get(b, `Patient/${target.id}`)).json, { link: [{ other: refer(source), type: 'replaces' }] })
})

const namedIn = (answer: { readonly json: unknown }): readonly string[] =>
  select(answer.json, '/parameter/[name=named-source]/part/[name=resource]/valueReference/reference').map(String)

t.test('who parts the two is told beforehand what was deposited since in the name of the source', async t => {
  const { json } = await stage.get(hospital, `DocumentReference/${byId}`)
  expectStatus(await stage.put(hospital, { ...(json as Json), description: 'changed' }), 200)
  const before = await db.collection('record').countDocuments({ patient: target.id })
  const answer = expectStatus(await parts(source, target, { preview: true }), 200)
  const documents = [byId, byIns, byCondition, pushed].map(id => `DocumentReference/${id}`)
  t.same(new Set(namedIn(answer)), new Set([...documents, `Observation/${result}`]))
  t.notOk(answer.bytes.toString().includes(stays))
  t.equal(select(answer.json, '/parameter/[name=named-source]/part/[name=deposited]/valueInstant').length, 5)
  t.equal(await db.collection('record').countDocuments({ patient: target.id }), before, 'and nothing is changed')
  t.equal(await statusOf(b, `DocumentReference/${plain}`), 200)
  const less = await parts(source, target, { preview: true, resource: { reference: `DocumentReference/${byIns}` } })
  t.notOk(namedIn(less).includes(`DocumentReference/${byIns}`), 'what is listed is decided')
  for (const record of [source, target])
    t.ok(
      (await stage.get(b, `AuditEvent?patient=${record.id}&_count=200`)).bytes
        .toString()
        .includes('FUSION_ERRONEE, preview'),
    )
})

const listing = (...references: readonly string[]) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'source-patient', valueReference: refer(source) },
    { name: 'target-patient', valueReference: refer(target) },
    { name: 'reason', valueCode: 'FUSION_ERRONEE' },
    ...references.map(reference => ({ name: 'resource', valueReference: { reference } })),
  ],
})
const lists = (...references: readonly string[]) =>
  stage.send(operator, 'POST Patient/$unmerge', { body: listing(...references) })

t.test('what is about the record, was there before, or follows what stays is not listed', async t => {
  for (const reference of [
    `Consent/${refused}`,
    `Patient/${target.id}`,
    `DocumentReference/${other}`,
    `Binary/${bytes}`,
    `Observation/${byId}`,
    'constructor/__proto__',
  ])
    t.equal(refusalOf(await lists(reference)), '422 refusedByRule http.resource', reference)
})

t.test('after the parting each is where the operator wanted it, and about its own Patient', async t => {
  const documents = [byIns, pushed, alone].map(id => `DocumentReference/${id}`)
  const listed = [...documents, `Binary/${bytes}`, `Observation/${result}`, documents[0] ?? '']
  const answer = expectStatus(await lists(...listed), 200)
  const to = select(answer.json, '/parameter/[name=resource]/part/[name=to]/valueReference/reference').map(String)
  t.equal(to.length, 5, 'each once')
  for (const path of to) t.equal(await statusOf(a, path), 200, path)
  for (const path of to.slice(1).filter(each => !each.startsWith('Binary')))
    t.same(await subjectOf(a, path), [`Patient/${source.id}`], path)
  const former = [...deletedBefore, `Observation/${result}`].map(path => `${path}/_history/1`)
  for (const path of [...listed, ...deletedBefore, ...former])
    for (const actor of [a, b, hospital]) t.equal(await statusOf(actor, path), 404, path)
  t.same(new Set(await found(b, target)), new Set([other, byId, byCondition, stays]))
  for (const id of [byId, byCondition]) {
    const page = await stage.get(b, `DocumentReference/${id}/_history`)
    t.notOk(page.bytes.toString().includes(source.id), 'no version names the other person')
  }
})

t.test('nothing remembers in whose name it was deposited', async t => {
  for (const name of ['record', 'record_history'])
    t.equal(await db.collection(name).countDocuments({ 'search.token': /^#name=/ }), 0, name)
})

t.test('a deposit that names the former source goes to it again', async t => {
  const id = await posted(document(source, own))
  t.ok((await found(a, source)).includes(id))
  t.same(await subjectOf(a, `DocumentReference/${id}`), [`Patient/${source.id}`])
  t.notOk((await found(b, target)).includes(id))
})

t.test('deposits into records that were never merged are as they were', async t => {
  const [one, stranger] = [await stage.open(), await stage.open()]
  const id = await stage.createOne(
    hospital,
    observation(one, { performer: [byFiness(finess.hospital)], focus: [refer(stranger)] }),
  )
  t.same(select((await stage.get(patientOf(one), `Observation/${id}`)).json, '/focus/0/reference'), [
    `Patient/${stranger.id}`,
  ])
})
