/** Records that were merged part again. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { colleague, emergencyPhysician, gp, hospital, nurse, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, consent, emergency } from './support/consents.ts'
import { coded, complementaryTypes, creates, document, insSystem, labels } from './support/contents.ts'
import { beneath, data, mergingOn, own, refer, runJob, two } from './support/merging.ts'
import { type DossierRecord, expectStatus, idOf, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const { asks, merges, parts, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)

t.test('records that were merged part again: what came goes back, authorisations do not come back', async t => {
  const { source, target, plain, bytes, masked, consented, other } = await two(stage)
  expectStatus(await merges(source, target), 200)
  const later = await stage.createOne(hospital, document(target, own))
  await stage.create(patientOf(target), consent(target, emergency('deny', 'ETREAT')))
  await stage.create(patientOf(target), consent(target, blocks(rpps.samu)))
  expectStatus(await stage.get(colleague, `DocumentReference/${plain}`), 200)
  expectStatus(await stage.get(patientOf(target), `Observation?patient=${target.id}`), 200)
  const answer = await parts(source, target)
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal(refusalOf(await parts(source, target)), '409 conflict http.source-patient', 'a second time')
  const [a, b] = [patientOf(source), patientOf(target)]

  t.test('each has what is its own', async t => {
    t.same(new Set(await found(a, source)), new Set([plain, masked, consented]))
    t.same(new Set(await found(b, target)), new Set([other, later]))
    for (const id of [plain, masked, consented]) t.equal(await statusOf(b, `DocumentReference/${id}`), 404)
    for (const id of [other, later]) t.equal(await statusOf(a, `DocumentReference/${id}`), 404)
    t.equal((await stage.get(a, `Binary/${bytes}`, { accept: 'text/plain' })).bytes.toString('base64'), data)
    t.same(select((await stage.get(a, `DocumentReference/${plain}`)).json, '/subject/reference'), [
      `Patient/${source.id}`,
    ])
    t.same(select((await stage.get(a, `DocumentReference/${plain}`)).json, '/meta/versionId'), ['3'])
  })

  t.test('nobody reads the source until he is authorised anew', async t => {
    for (const actor of [gp, colleague, nurse, emergencyPhysician]) t.same(await found(actor, source), [])
    const who = await stage.get(a, `Patient/${source.id}/$who-can-access`)
    const relations = select(who.json, '/parameter/[name=professional]/part/[name=relation]/valueCode')
    t.same([...new Set(relations)], ['blocked'], 'as $who-can-access says')
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [plain])
    t.same(new Set(await found(colleague, target)), new Set([other, later]))
  })

  t.test('what was denied while they were one is denied in both', async t => {
    const denied = (await stage.get(a, `Consent?patient=${source.id}&_count=50`)).bytes.toString()
    for (const said of ['ETREAT', rpps.samu]) t.ok(denied.includes(said), said)
    t.notOk(denied.includes(target.id))
  })

  t.test('Patients and INS are as they were', async t => {
    const [one, two] = [
      (await stage.get(a, `Patient/${source.id}`)).json,
      (await stage.get(b, `Patient/${target.id}`)).json,
    ]
    t.same([select(one, '/active'), select(one, '/link'), select(two, '/link')], [[true], [], []])
    t.same(select(two, '/identifier/*/value'), [target.ins])
    const made = await stage.post(
      hospital,
      document(source, { ...own, subject: { identifier: { system: insSystem, value: source.ins } } }),
    )
    t.ok((await found(a, source)).includes(idOf(made.headers.get('location'))))
  })

  t.test('the trail of the target names nothing of the source any more', async t => {
    const trail = await stage.get(b, `AuditEvent?patient=${target.id}&_count=200`)
    t.notOk(trail.bytes.toString().includes(plain))
    t.ok((await stage.get(a, `AuditEvent?patient=${source.id}&_count=200`)).bytes.toString().includes(plain))
    const counted = await stage.get(b, `AuditEvent?patient=${target.id}&entity-type=Observation&_summary=count`)
    t.same(select(counted.json, '/total'), [0], 'not of what type it was either')
  })

  t.test('they are merged again', async t => {
    t.equal((await merges(source, target)).status, 200)
    t.same((await found(b, target)).length, 6)
    t.same(await found(gp, target), [], 'what was given in the source meanwhile does not come over')
  })
})

t.test('what the patient deposited in the source is his own in the record that goes on, and back', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const elements = { type: coded(complementaryTypes, 'EXPPAT_2') }
  const mine = (record: DossierRecord) => document(record, { ...elements, author: [refer(record)] })
  const [one, two] = await stage.create(patientOf(source), mine(source), mine(source))
  expectStatus(await merges(source, target), 200)
  t.equal((await stage.remove(patientOf(target), `DocumentReference/${one}`)).status, 204)
  t.equal(await statusOf(patientOf(target), `DocumentReference/${one}`), 410)
  expectStatus(await parts(source, target), 200)
  t.equal(await statusOf(patientOf(source), `DocumentReference/${one}`), 410)
  t.equal((await stage.remove(patientOf(source), `DocumentReference/${two}`)).status, 204)
})

t.test(
  'a document that was deposited since goes to the source when it is listed, and is destroyed where it was',
  async t => {
    const { source, target, plain, other } = await two(stage)
    expectStatus(await merges(source, target), 200)
    const binary = 'urn:uuid:00000000-0000-4000-8000-000000000008'
    const [filed = '', bytes = ''] = await stage.create(
      hospital,
      creates(
        document(target, {
          ...own,
          securityLabel: labels('MASQUE_PS'),
          content: [{ attachment: { contentType: 'text/plain', url: binary } }],
        }),
      ),
      creates({ resourceType: 'Binary', contentType: 'text/plain', data: `AAAA${data}` }, binary),
    )
    const stays = await stage.createOne(hospital, document(target, own))
    const listing = (id: string) =>
      asks(operator, '$unmerge', {
        ...{ 'source-patient': refer(source), 'target-patient': refer(target), reason: 'FUSION_ERRONEE' },
        resource: { reference: `DocumentReference/${id}` },
      })
    for (const id of [other, plain, '__proto__', `${target.id}-01m8p5ckfe3ygbzxsfp0y6cabe`])
      t.equal(refusalOf(await listing(id)), '422 refusedByRule http.resource', id)
    const answer = await listing(filed)
    t.equal(answer.status, 200, answer.bytes.toString())
    const [to = ''] = select(answer.json, '/parameter/[name=resource]/part/[name=to]/valueReference/reference').map(
      String,
    )
    const [a, b] = [patientOf(source), patientOf(target)]
    t.match(to, new RegExp(`^DocumentReference/${source.id}-`))
    const there = await stage.get(a, to)
    t.same(select(there.json, '/subject/reference'), [`Patient/${source.id}`])
    t.same(select(there.json, '/meta/versionId'), ['1'])
    const [url = ''] = select(there.json, '/content/0/attachment/url').map(String)
    t.equal((await stage.get(a, url.slice(url.indexOf('Binary/')), { accept: 'text/plain' })).status, 200)
    t.equal(await statusOf(hospital, to), 200, 'its depositor has it still')
    for (const path of [`DocumentReference/${filed}`, `DocumentReference/${filed}/_history/1`, `Binary/${bytes}`])
      for (const actor of [a, b, hospital]) t.equal(await statusOf(actor, path), 404, path)
    t.same(new Set(await found(b, target)), new Set([other, stays]))
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [plain], 'its label goes with it')
    await runJob(db, 'destroy-records')
    t.equal(await db.collection('record').countDocuments({ id: { $in: [filed, bytes] } }), 0)
    t.equal(await statusOf(a, url.slice(url.indexOf('Binary/'))), 200)
    t.equal((await verifyAudit(server.database.url, server.database.name)).broken, undefined)
  },
)
