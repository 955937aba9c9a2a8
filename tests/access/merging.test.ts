/** Two records of one person become one. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import {
  colleague,
  emergencyPhysician,
  gp,
  hospital,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
} from './support/cast.ts'
import { consent, masksDocument } from './support/consents.ts'
import { document, insSystem, type Json, patient } from './support/contents.ts'
import { beneath, data, factsOf, keysOf, mergingOn, own, parameters, refer, twinOf, two } from './support/merging.ts'
import { expectStatus, idOf, idsIn, insSearch, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { merges, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)

t.test('two records become one, under the rules of both that keep somebody out', async t => {
  const { source, target, plain, bytes, masked, consented, result, other } = await two(stage)
  const answer = await merges(source, target)
  t.equal(answer.status, 200, answer.bytes.toString())
  const holder = patientOf(target)

  t.test('its patient reads all of it, wherever it came from', async t => {
    t.same(new Set(await found(holder, target)), new Set([plain, masked, consented, other]))
    const all = await stage.get(holder, `Patient/${target.id}/$everything`)
    for (const id of [plain, masked, consented, result, other]) t.ok(all.bytes.toString().includes(id))
    const counted = await stage.get(holder, `DocumentReference?patient=${target.id}&_summary=count`)
    t.same(select(counted.json, '/total'), [4])
    t.equal((await stage.get(holder, `Binary/${bytes}`, { accept: 'text/plain' })).bytes.toString('base64'), data)
  })

  t.test('who was authorised in the target reads what came, but for what was masked there', async t => {
    for (const record of [target, source]) t.same(new Set(await found(colleague, record)), new Set([plain, other]))
    for (const id of [masked, consented]) t.equal(await statusOf(colleague, `DocumentReference/${id}`), 404)
    const read = await stage.get(colleague, `DocumentReference/${plain}`)
    t.same(select(read.json, '/subject/reference'), [`Patient/${target.id}`], 'it is about the Patient who goes on')
    t.same(select(read.json, '/meta/versionId'), ['2'])
    const first = await stage.get(colleague, `DocumentReference/${plain}/_history/1`)
    t.same(select(first.json, '/subject/reference'), [`Patient/${source.id}`], 'a version keeps its letters')
    t.equal(idsIn(await stage.get(colleague, `DocumentReference/${plain}/_history`), 'DocumentReference').length, 2)
    const along = await stage.get(
      colleague,
      `DocumentReference?patient=${target.id}&_include=DocumentReference:subject`,
    )
    t.same(idsIn(along, 'Patient'), [target.id])
    const back = await stage.get(colleague, `Patient?_id=${target.id}&_revinclude=DocumentReference:subject`)
    t.same(new Set(idsIn(back, 'DocumentReference')), new Set([plain, other]))
    const chained = await stage.get(colleague, `DocumentReference?patient=${target.id}&subject:Patient.name=essai`)
    t.same(new Set(idsIn(chained, 'DocumentReference')), new Set([plain, other]))
  })

  t.test('references in contained resources and in extensions lead on too (HAPI FHIR #8344)', async t => {
    const { json } = await stage.get(holder, `Observation/${result}`)
    for (const path of ['/subject', '/focus/0', '/contained/0/patient', '/extension/0/valueReference'])
      t.same(select(json, `${path}/reference`), [`Patient/${target.id}`], path)
    const twin = await stage.createOne(hospital, {
      ...twinOf(source),
      subject: refer(target),
      contained: [{ resourceType: 'RelatedPerson', id: 'p', patient: refer(target) }],
      focus: [refer(target)],
      extension: [{ url: 'urn:asked-by', valueReference: refer(target) }],
    })
    t.same(await keysOf(db, result), await keysOf(db, twin), 'it is found as one that was deposited here')
    t.equal((await stage.remove(hospital, `Observation/${twin}`)).status, 204)
  })

  t.test('its facts are those that are compiled anew', async t => {
    const before = await factsOf(db, target)
    const { json } = await stage.get(holder, `Patient/${target.id}`)
    expectStatus(await stage.put(holder, json as Json), 200)
    t.same(await factsOf(db, target), before)
  })

  t.test('who was authorised in the source reads nothing', async t => {
    for (const id of [source.id, target.id]) t.same(await found(gp, { id }), [])
    for (const path of [
      `DocumentReference/${plain}`,
      `DocumentReference/${other}`,
      `Patient/${target.id}`,
      `Patient/${source.id}`,
    ])
      t.equal(await statusOf(gp, path), 404, path)
    t.same(select((await stage.get(gp, `Patient?identifier=${insSearch(source)}`)).json, '/entry/0/resource/id'), [
      target.id,
    ])
  })

  t.test('who represented the patient in the source alone reads nothing', async t => {
    for (const record of [source, target]) t.equal(await statusOf(parentOf(record), `DocumentReference/${plain}`), 404)
  })

  t.test('who was blocked in the source is blocked, and so is the emergency that was opposed there', async t => {
    for (const actor of [nurse, emergencyPhysician]) {
      t.same(await found(actor, target), [])
      t.equal(await statusOf(actor, `DocumentReference/${other}`), 404)
    }
  })

  t.test('the token of the former record opens nothing', async t => {
    for (const path of [
      `Patient/${source.id}`,
      `DocumentReference/${plain}`,
      `Patient/${target.id}`,
      `Patient/${source.id}/$everything`,
    ])
      t.equal(await statusOf(patientOf(source), path), 404, path)
    t.same(await found(patientOf(source), source), [])
    t.equal(
      (await stage.put(patientOf(source), patient(source.ins, { id: source.id }))).status,
      405,
      'as for what is absent',
    )
  })

  t.test('the Patient of the source leads to the one who goes on, for those who see that one', async t => {
    const left = await stage.get(colleague, `Patient/${source.id}`)
    t.match(left.json, { active: false, link: [{ other: refer(target), type: 'replaced-by' }] })
    const goesOn = await stage.get(holder, `Patient/${target.id}`)
    t.match(goesOn.json, { active: true, link: [{ other: refer(source), type: 'replaces' }] })
    t.match(select(goesOn.json, '/identifier')[0], [{ value: target.ins }, { use: 'old', value: source.ins }])
  })

  t.test('its trail is that of both, and each says who merged them, when and why', async t => {
    const trail = await stage.get(holder, `AuditEvent?patient=${target.id}&_count=200`)
    const text = trail.bytes.toString()
    for (const id of [plain, other]) t.ok(text.includes(id), id)
    t.equal(text.split('DOUBLON').length - 1 > 0 || text.includes('$merge'), true)
    const lines = await db
      .collection(`audit_${new Date().toISOString().slice(0, 7).replace('-', '')}`)
      .find({ basis: 'DOUBLON', patient: { $in: [source.id, target.id] } })
      .toArray()
    t.same(new Set(lines.map(line => line.patient)), new Set([source.id, target.id]))
    t.ok(lines.every(line => line.agent.kind === 'operator'))
    for (const line of lines) t.equal(await statusOf(holder, `AuditEvent/${line._id}`), 200)
    t.equal(await statusOf(colleague, `AuditEvent/${lines[0]?._id}`), 404)
  })

  t.test('a deposit under either INS goes into the one record', async t => {
    for (const ins of [source.ins, target.ins]) {
      const subject = { identifier: { system: insSystem, value: ins } }
      const made = await stage.post(hospital, document(target, { ...own, subject }))
      t.equal(made.status, 201, made.bytes.toString())
      t.ok((await found(holder, target)).includes(idOf(made.headers.get('location'))))
    }
  })

  t.test('the depositor replaces, patches and deletes what he deposited in the source', async t => {
    const current = await stage.get(hospital, `DocumentReference/${plain}`)
    t.equal(current.status, 200)
    const replaced = await stage.post(
      hospital,
      document(target, {
        ...own,
        relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${plain}` } }],
      }),
    )
    t.equal(replaced.status, 201, replaced.bytes.toString())
    t.same(select((await stage.get(holder, `DocumentReference/${plain}`)).json, '/status'), ['superseded'])
    t.equal((await stage.remove(hospital, `Observation/${result}`)).status, 204)
    t.equal(await statusOf(holder, `Observation/${result}`), 410)
  })

  t.test('the patient masks what came, and lifts what was masked there', async t => {
    const veil = await stage.post(holder, consent(target, masksDocument(`DocumentReference/${plain}`)))
    t.equal(veil.status, 201, veil.bytes.toString())
    t.equal(await statusOf(colleague, `DocumentReference/${plain}`), 404)
    const former = (await stage.get(holder, `Consent?patient=${target.id}&_count=50`)).json
    const mask = select(former, '/entry/*/resource').find(each => JSON.stringify(each).includes(consented))
    t.ok(mask)
    expectStatus(await stage.put(holder, { ...(mask as Json), status: 'inactive' }), 200)
    t.equal(await statusOf(colleague, `DocumentReference/${consented}`), 200)
  })

  t.test('what is explained is what is answered', async t => {
    const claims = (number: string) =>
      JSON.stringify({
        ...{ scope: 'user/*.cruds' },
        dmp: { kind: 'professional', rpps: number, profession: gp.claims.profession },
      })
    for (const [number, outcome] of [
      [rpps.colleague, 'permitted'],
      [rpps.gp, 'refused'],
      [rpps.nurse, 'refused'],
    ] as const) {
      const asked = `reference=DocumentReference/${consented}&reason=x&principal=${encodeURIComponent(claims(number))}`
      const { json } = await stage.get(operator, `$explain-access?${asked}`)
      t.same(select(json, '/parameter/[name=outcome]/valueCode'), [outcome], number)
    }
    const who = await stage.get(holder, `Patient/${target.id}/$who-can-access?document=DocumentReference/${consented}`)
    t.equal(who.status, 200)
    t.ok(who.bytes.toString().includes(rpps.colleague))
    t.notOk(who.bytes.toString().includes(rpps.gp), 'nobody is named by what permits nothing')
  })

  t.test('a document that came is destroyed with its former versions and its lines', async t => {
    const body = parameters({ reason: 'DECISION_JUSTICE' })
    expectStatus(await stage.send(operator, `POST DocumentReference/${masked}/$destroy`, { body }), 200)
    for (const path of [masked, `${masked}/_history`, `${masked}/_history/1`])
      t.equal(await statusOf(holder, `DocumentReference/${path}`), 404, path)
    for (const name of ['record', 'record_history'])
      t.equal(await db.collection(name).countDocuments({ id: masked }), 0, name)
  })

  t.test('neither is merged again, and the source has no life of its own', async t => {
    const third = await stage.open()
    t.equal(refusalOf(await merges(source, third)), '409 conflict http.source-patient')
    t.equal(refusalOf(await merges(third, source)), '409 conflict http.target-patient')
    t.equal(refusalOf(await merges(target, third)), '409 conflict http.source-patient')
    const close = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'FERMETURE_DECES' }] }
    t.equal((await stage.send(operator, `POST Patient/${source.id}/$close`, { body: close })).status, 404)
    const open = { ...parameters({ agreed: true, method: 'oral' }) }
    t.not((await stage.send(operator, `POST Patient/${source.id}/$reactivate`, { body: open })).status, 200)
  })

  t.test('a person who had the old INS opens no second record', async t => {
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'patient', resource: patient(source.ins) },
        ...[
          ['agreed', true],
          ['notice', 'urn:n'],
          ['collected', '2026-03-01'],
          ['method', 'oral'],
        ].map(([name, value]) =>
          typeof value === 'boolean' ? { name, valueBoolean: value } : { name, valueString: value },
        ),
      ],
    }
    t.equal((await stage.send(hospital, 'POST Patient/$open', { body })).status, 409)
  })
})

t.test('a merged record is destroyed with all that came', async t => {
  const { source, target, plain, other } = await two(stage)
  expectStatus(await merges(source, target), 200)
  const body = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'DECISION_JUSTICE' }] }
  t.equal((await stage.send(operator, `POST Patient/${source.id}/$destroy`, { body })).status, 404)
  expectStatus(await stage.send(operator, `POST Patient/${target.id}/$destroy`, { body }), 202)
  for (const id of [plain, other]) t.equal(await statusOf(patientOf(target), `DocumentReference/${id}`), 404)
  for (const { ins } of [source, target])
    t.same(select((await stage.get(gp, `Patient?identifier=${insSearch({ ins })}`)).json, '/total'), [])
  t.same(
    await db
      .collection<{ _id: string }>('access')
      .find({ _id: { $in: [source.id, target.id] } })
      .toArray(),
    [],
  )
  t.equal(await db.collection('destruction').countDocuments({ patient: { $in: [source.id, target.id] } }), 2)
})
