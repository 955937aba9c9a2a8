/** What an operator did to no record in particular: he finds his own acts, and nobody else's. `access.md` section 8. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, gp, hospital, insurance, operator, patientOf } from './support/cast.ts'
import { consent, masksTypes } from './support/consents.ts'
import { coded, type Json, loinc } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

t.setTimeout(120_000)
const stage = await startStage(t)
const other: Actor = { ...operator, subject: 'another-operator' }
const rule = consent({ id: 'anybody' }, masksTypes(coded(loinc, '34112-3')))
const rehearses = (actor: Actor) =>
  stage.send(actor, 'POST $rehearse', {
    body: { resourceType: 'Parameters', parameter: [{ name: 'consent', resource: rule }] },
  })
const actsOf = async (actor: Actor, query = ''): Promise<readonly Json[]> => {
  const answer = expectStatus(await stage.get(actor, `AuditEvent?_count=100${query}`), 200)
  return select(answer.json, '/entry/*/resource') as readonly Json[]
}

t.test('an operator finds his rehearsal among his own acts, by search and by id', async t => {
  expectStatus(await rehearses(operator), 200)
  const acts = await actsOf(operator)
  const [act] = acts.filter(each => JSON.stringify(each).includes(Buffer.from('$rehearse?consent').toString('base64')))
  t.ok(act, 'with what he asked')
  t.match(act, { resourceType: 'AuditEvent', agent: [{ who: { identifier: { value: 'operator' } } }] })
  const read = await stage.get(operator, `AuditEvent/${act?.id}`)
  t.equal(read.status, 200)
  t.same(read.json, act)
  const count = await stage.get(operator, 'AuditEvent?_summary=count')
  t.equal(select(count.json, '/total')[0], acts.length)
  t.same(await actsOf(operator, '&date=lt2020'), [])
})

t.test('nobody else finds them: not another operator, nor whoever reads trails of records', async t => {
  const record = await stage.open()
  const [act] = await actsOf(operator)
  t.same(await actsOf(other), [])
  t.equal((await stage.get(other, `AuditEvent/${act?.id}`)).status, 404)
  t.equal((await stage.get(other, `AuditEvent/directory-01m8059acqpq9fa9mh94z4zpqt`)).status, 404)
  for (const actor of [gp, hospital, insurance, patientOf(record)]) {
    t.ok([403, 404].includes((await stage.get(actor, `AuditEvent/${act?.id}`)).status), actor.kind)
    const answer = await stage.get(actor, 'AuditEvent')
    t.notMatch(answer.bytes.toString(), new RegExp(String(act?.id)), actor.kind)
  }
})

t.test('the trail of a record stays shut to him, whatever he names', async t => {
  const record = await stage.open()
  const trail = await stage.get(patientOf(record), `AuditEvent?patient=${record.id}`)
  const [line] = select(trail.json, '/entry/*/resource/id')
  t.ok(line)
  for (const path of [
    `AuditEvent?patient=${record.id}`,
    `AuditEvent?patient=0123456789ab`,
    `AuditEvent?entity=Patient/${record.id}&patient=${record.id}`,
    `Patient/${record.id}/AuditEvent`,
    `AuditEvent/${line}`,
    `DocumentReference?patient=${record.id}&_revinclude=AuditEvent:entity`,
  ])
    t.equal((await stage.get(operator, path)).status, 403, path)
  t.notMatch(JSON.stringify(await actsOf(operator)), new RegExp(record.ins))
  t.same(await actsOf(operator, `&entity=Patient/${record.id}`), [])
  const posted = await stage.send(operator, 'POST AuditEvent/_search', {
    body: `patient=${record.id}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.equal(posted.status, 403)
})

t.test('what was refused to him is among his acts, and a page leads to the next', async t => {
  expectStatus(await stage.get(operator, 'DocumentReference/0123456789ab-01m8059acqpq9fa9mh94z4zpqt'), 403)
  const all = (await actsOf(operator)).map(({ id }) => id)
  const first = await stage.get(operator, 'AuditEvent?_count=1')
  t.same(select(first.json, '/entry/*/resource/id'), all.slice(0, 1))
  const links = select(first.json, '/link/*') as readonly { relation: string; url: string }[]
  const next = links.find(({ relation }) => relation === 'next')?.url ?? ''
  t.same(select((await stage.get(operator, next)).json, '/entry/*/resource/id'), all.slice(1, 2))
  t.ok((await stage.get(other, next)).status >= 400, 'a page is its caller’s')
})

t.test('without a scope to search AuditEvents it is 403', async t => {
  t.equal((await stage.get({ ...operator, scope: 'user/DocumentReference.rs' }, 'AuditEvent')).status, 403)
})
