/** What was written while two records were one tells nothing of the other person once they are parted. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { type Actor, colleague, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { document, insSystem, type Json } from './support/contents.ts'
import { beneath, mergingOn, own } from './support/merging.ts'
import { type DossierRecord, expectStatus, idsIn, insSearch, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { merges, parts } = mergingOn(stage)
const db = beneath(t, server)

const [source, target] = [await stage.open(), await stage.open()]
const [a, b] = [patientOf(source), patientOf(target)]
await stage.create(b, consent(target, authorises(rpps.colleague)))
const brought = await stage.createOne(hospital, document(source, own))
const stays = await stage.createOne(hospital, document(target, own))
await stage.createOne(hospital, document(target, own))

const versionsOf = async (actor: Actor, { id }: DossierRecord): Promise<readonly Json[]> =>
  select((await stage.get(actor, `Patient/${id}/_history`)).json, '/entry/*/resource') as readonly Json[]

expectStatus(await merges(source, target), 200)
const merged = (await stage.get(b, `Patient/${target.id}`)).json as Json
// Its patient writes while the two are one, and calls the former INS no longer old.
const identifier = [
  { system: insSystem, value: target.ins },
  { system: insSystem, value: source.ins },
]
const photo = [{ contentType: 'image/png', data: Buffer.from('photo '.repeat(5000)).toString('base64') }]
expectStatus(await stage.put(b, { ...merged, identifier, photo, gender: 'female' }), 200)
const hisWords = (await stage.get(b, `Patient/${target.id}/_history/3`)).json
for (const path of [
  `Patient?identifier=${insSearch(source)}`,
  `DocumentReference?patient.identifier=${insSearch(source)}`,
  `DocumentReference?patient=${source.id}`,
  `DocumentReference?patient=${target.id}&_id=${brought}`,
])
  expectStatus(await stage.get(colleague, path), 200)
const firstPage = await stage.get(b, '?_type=DocumentReference,Patient&_count=1')
const before = await versionsOf(b, target)
expectStatus(await parts(source, target), 200)

const named = (bytes: Uint8Array, { id, ins }: DossierRecord): readonly string[] => {
  const text = Buffer.from(bytes).toString()
  const hidden = [...text.matchAll(/"query":"([A-Za-z0-9+/=]+)"/g)].map(([, each = '']) =>
    Buffer.from(each, 'base64').toString(),
  )
  return [id, ins, brought].filter(each => [text, ...hidden].some(one => one.includes(each)))
}

for (const format of ['json', 'xml'])
  for (const path of [
    `Patient/${target.id}`,
    `Patient/${target.id}/_history`,
    ...[1, 2, 3, 4].map(version => `Patient/${target.id}/_history/${version}`),
    `Patient/_history?patient=${target.id}`,
    `_history?patient=${target.id}`,
    `Patient/${target.id}/$everything`,
    `AuditEvent?patient=${target.id}&_count=200`,
  ])
    t.test(`${path.replace(target.id, '<target>')} as ${format} names nothing of the source`, async t => {
      for (const actor of [b, colleague, hospital, operator]) {
        const answer = await stage.get(actor, path, { accept: `application/fhir+${format}` })
        if (actor === b && !path.startsWith('_history') && !path.startsWith('Patient/_history'))
          t.equal(answer.status, 200)
        t.ok(answer.status < 500)
        t.same(named(answer.bytes, source), [], actor.kind)
      }
    })

t.test('every version is there still, with what its writer wrote', async t => {
  const after = await versionsOf(b, target)
  t.equal(after.length, before.length + 1)
  t.same(
    after.map(({ meta }) => (meta as Json).versionId),
    ['4', '3', '2', '1'],
  )
  const third = after[1] ?? {}
  const { link: _, ...his } = hisWords as Json
  t.same(third, { ...his, identifier: [{ system: insSystem, value: target.ins }] })
  t.same(select(third, '/photo/0/data'), [photo[0]?.data], 'data that were lifted out are where they belong')
})

t.test('of the source it is the same', async t => {
  for (const path of [`Patient/${source.id}/_history`, `Patient/${source.id}/_history/2`]) {
    const { status, bytes } = await stage.get(a, path)
    t.equal(status, 200)
    for (const each of [target.id, target.ins]) t.notOk(bytes.toString().includes(each), path)
  }
  t.same(
    (await versionsOf(a, source)).map(({ active }) => active),
    [true, false, true],
  )
})

t.test('pages that began before show what there was, without the other person', async t => {
  let page = expectStatus(firstPage, 200)
  const ids = [...idsIn(page, 'Patient'), ...idsIn(page, 'DocumentReference')]
  for (let turned = 0; turned < 10; turned += 1) {
    const [next] = select(page.json, '/link/[relation=next]/url').map(String)
    if (next === undefined) break
    page = expectStatus(await stage.get(b, next), 200)
    for (const each of [source.ins, source.id, brought]) t.notOk(page.bytes.toString().includes(each), each)
    ids.push(...idsIn(page, 'Patient'), ...idsIn(page, 'DocumentReference'))
  }
  t.ok(ids.includes(target.id))
  t.ok(ids.includes(stays))
})

t.test('nothing finds the target by what was the source’s', async t => {
  for (const path of [
    `Patient?_id=${target.id}&identifier=${insSearch(source)}`,
    `Patient?_id=${target.id}&_filter=${encodeURIComponent(`identifier eq ${insSearch(source)}`)}`,
    `Patient?_id=${target.id}&link=Patient/${source.id}`,
  ]) {
    const answer = await stage.get(b, path)
    t.same(idsIn(answer, 'Patient'), [], path)
    t.same(select(answer.json, '/total').filter(Number), [], path)
  }
  const trail = `AuditEvent?patient=${target.id}&entity=DocumentReference/${brought}&_summary=count`
  t.same(select((await stage.get(b, trail)).json, '/total'), [0])
})

t.test('nothing of it is in the database', async t => {
  for (const name of ['record', 'record_history'])
    for (const row of await db.collection(name).find({ patient: target.id, type: 'Patient' }).toArray()) {
      const text = `${Buffer.from(row.json.buffer).toString()} ${JSON.stringify(row.search)}`
      for (const each of [source.ins, source.id]) t.notOk(text.includes(each), `${name} ${row.version}`)
    }
})
