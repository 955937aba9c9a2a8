/** The agreement by which a record was opened is kept as it was given. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, hospital, hospitalPhysician, laboratory, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, treats, verified } from './support/consents.ts'
import { byFiness, coded, type Json } from './support/contents.ts'
import { type DossierRecord, expectStatus, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

/** A record, and the Consent that opened it. */
async function opened(): Promise<{ readonly record: DossierRecord; readonly agreement: Json }> {
  const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.hospital))])
  const found = await stage.get(patientOf(record), `Consent?patient=${record.id}`)
  const agreement = select(found.json, '/entry/*/resource').find(each => select(each, '/provision').length === 0)
  return { record, agreement: agreement as Json }
}

const shared = await opened()
const { record, agreement } = shared
const { id } = agreement
const writers: Readonly<Record<string, Actor>> = { 'who opened it': hospital, 'the patient': patientOf(record) }

/** Each element that tells of the agreement, as somebody would have it. */
const changes: Readonly<Record<string, Json>> = {
  status: { status: 'inactive' },
  'status in error': { status: 'entered-in-error' },
  policy: { policy: [{ uri: 'https://dossier.example/notice/2' }] },
  verification: { verification: [{ verified: true, verificationDate: '2026-01-06' }] },
  dateTime: { dateTime: '2026-01-06T09:00:00+01:00' },
  organization: { organization: [byFiness('990100026')] },
  category: { category: [coded('http://loinc.org', '59284-0'), coded('urn:x', 'y')] },
  provision: { provision: authorises(rpps.gp) },
}

for (const [name, actor] of Object.entries(writers))
  for (const [what, change] of Object.entries(changes))
    t.test(`${name} does not change it: ${what}`, async t => {
      const answer = await stage.put(actor, { ...agreement, ...change })
      const [element] = Object.keys(change)
      t.equal(refusalOf(answer), `422 refusedByRule Consent.${element}`)
      const [member = '', value] = Object.entries(change)[0] ?? []
      const op = member in agreement ? 'replace' : 'add'
      const patched = await stage.send(actor, `PATCH Consent/${id}`, {
        body: JSON.stringify([{ op, path: `/${member}`, value }]),
        headers: { 'content-type': 'application/json-patch+json' },
      })
      t.ok([403, 404, 422].includes(patched.status), `PATCH: ${patched.status}`)
    })

t.test('nobody deletes it', async t => {
  for (const [name, actor] of Object.entries(writers))
    t.equal(refusalOf(await stage.remove(actor, `Consent/${id}`)), '422 refusedByRule Consent', name)
  t.ok([403, 404].includes((await stage.remove(hospitalPhysician, `Consent/${id}`)).status))
  const among = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ request: { method: 'DELETE', url: `Consent/${id}` } }],
  }
  t.equal((await stage.post(hospital, among)).status, 422)
  t.equal((await stage.get(patientOf(record), `Consent/${id}`)).headers.get('etag'), 'W/"1"')
})

t.test('what describes it is written anew, in any order of its members', async t => {
  const own = await opened()
  const turned = Object.fromEntries(Object.entries(own.agreement).toReversed())
  const identifier = [{ system: 'urn:oid:1.2.3', value: '7' }]
  t.equal((await stage.put(hospital, { ...turned, identifier })).status, 200)
})

t.test('its holder refuses the record by it, and takes the refusal back', async t => {
  const own = await opened()
  const holder = patientOf(own.record)
  expectStatus(await stage.put(holder, { ...own.agreement, provision: { type: 'deny' } }), 200)
  t.equal((await stage.get(holder, `Patient/${own.record.id}`)).status, 404)
  expectStatus(await stage.put(holder, { ...own.agreement, provision: { type: 'permit' } }), 200)
  t.equal((await stage.get(holder, `Patient/${own.record.id}`)).status, 200)
})

t.test('a refusal by it is not lost: nothing else of the Consent changes, and it is the agreement again', async t => {
  const own = await opened()
  const holder = patientOf(own.record)
  const refusal = { ...own.agreement, provision: { type: 'deny' } }
  const record = `Patient/${own.record.id}`
  expectStatus(await stage.put(holder, refusal), 200)
  for (const [what, change] of Object.entries(changes))
    if (what !== 'provision')
      t.equal(
        refusalOf(await stage.put(holder, { ...refusal, ...change })),
        `422 refusedByRule Consent.${Object.keys(change)[0]}`,
        what,
      )
  const gone = await stage.remove(holder, `Consent/${own.agreement.id}`)
  t.equal(gone.status, 404, 'a closed record has nothing to delete')
  t.equal((await stage.get(holder, record)).status, 404, 'refused as before')
  expectStatus(await stage.put(holder, { ...refusal, language: 'fr' }), 200)
  t.equal(refusalOf(await stage.put(holder, { ...refusal, status: 'inactive' })), '422 refusedByRule Consent.status')
  const { provision: _, ...given } = own.agreement
  expectStatus(await stage.put(holder, given), 200)
  t.equal((await stage.get(holder, record)).status, 200)
  t.equal(refusalOf(await stage.remove(holder, `Consent/${own.agreement.id}`)), '422 refusedByRule Consent')
})

t.test('its holder refuses the record while he changes nothing else of it', async t => {
  const own = await opened()
  for (const [what, change] of Object.entries(changes))
    if (what !== 'provision')
      t.equal(
        refusalOf(await stage.put(patientOf(own.record), { ...own.agreement, provision: { type: 'deny' }, ...change })),
        `422 refusedByRule Consent.${Object.keys(change)[0]}`,
        what,
      )
})

t.test('a refusal that is a Consent of its own is taken back by its status', async t => {
  const own = await opened()
  const holder = patientOf(own.record)
  const refusal = consent(own.record, { type: 'deny' })
  const id = await stage.createOne(holder, refusal)
  t.equal((await stage.get(holder, `Patient/${own.record.id}`)).status, 404)
  expectStatus(await stage.put(holder, { ...refusal, id, status: 'inactive' }), 200)
  t.equal((await stage.get(holder, `Patient/${own.record.id}`)).status, 200)
  expectStatus(await stage.remove(holder, `Consent/${id}`), 204)
})

t.test('what agrees to a record that is open already is no agreement by which it was opened', async t => {
  const own = await opened()
  const holder = patientOf(own.record)
  const given = consent(own.record, undefined, verified)
  for (const [who, actor] of Object.entries({ laboratory, hospital, 'a professional': hospitalPhysician })) {
    const added = async () => {
      const id = await stage.createOne(actor, given)
      return { id, path: `Consent/${id}` }
    }
    const [one, other, third] = [await added(), await added(), await added()]
    t.equal((await stage.remove(holder, one.path)).status, 204, `the patient takes away what ${who} brought`)
    expectStatus(await stage.put(holder, { ...given, id: other.id, status: 'inactive' }), 200)
    expectStatus(await stage.put(holder, { ...given, id: third.id, provision: { type: 'deny' } }), 200)
    expectStatus(await stage.put(holder, { ...given, id: third.id, provision: { type: 'permit' } }), 200)
    t.equal((await stage.remove(holder, third.path)).status, 204, 'also after he refused the record by it')
    const { id: last, path } = await added()
    t.equal((await stage.put(actor, { ...given, id: last, status: 'inactive' })).status, 200, `${who} withdraws it`)
    t.equal((await stage.remove(actor, path)).status, 204)
  }
  t.equal(refusalOf(await stage.remove(holder, `Consent/${own.agreement.id}`)), '422 refusedByRule Consent')
  const draft = { ...given, status: 'draft' }
  const id = await stage.createOne(laboratory, draft)
  expectStatus(await stage.put(laboratory, { ...given, id }), 200)
  t.equal((await stage.remove(holder, `Consent/${id}`)).status, 204, 'what was a draft before')
})

t.test('what agreed to an open record before such were told apart is told by the older agreement', async t => {
  const own = await opened()
  const holder = patientOf(own.record)
  const given = consent(own.record, undefined, verified)
  const { MONGODB_URL = '', MONGODB_DATABASE } = stage.server.environment
  const client = await MongoClient.connect(MONGODB_URL)
  t.teardown(() => client.close())
  const rows = client.db(MONGODB_DATABASE).collection<{ _id: string; search: { token: string[] } }>('record')
  const added = async (): Promise<string> => {
    const id = await stage.createOne(laboratory, given)
    const change = await rows.updateOne({ _id: id }, { $pull: { 'search.token': '#agreed=later' } })
    t.equal(change.modifiedCount, 1)
    return id
  }
  const [deleted, withdrawn, renamed] = [await added(), await added(), await added()]
  t.equal((await stage.remove(holder, `Consent/${deleted}`)).status, 204)
  t.equal((await stage.put(laboratory, { ...given, id: withdrawn, status: 'inactive' })).status, 200)
  t.equal((await stage.put(laboratory, { ...given, id: renamed, language: 'fr' })).status, 200)
  t.ok((await rows.findOne({ _id: renamed }))?.search.token.includes('#agreed=later'), 'and is told apart from then on')
  t.equal(refusalOf(await stage.remove(holder, `Consent/${own.agreement.id}`)), '422 refusedByRule Consent')
  const refused = { ...own.agreement, status: 'inactive' }
  t.equal(refusalOf(await stage.put(holder, refused)), '422 refusedByRule Consent.status')
})

t.test('a draft is no agreement yet', async t => {
  const own = await opened()
  const draft = consent(own.record, undefined, { ...verified, status: 'draft' })
  const draftId = await stage.createOne(hospital, draft)
  expectStatus(await stage.put(hospital, { ...draft, id: draftId, status: 'rejected' }), 200)
  t.equal((await stage.remove(hospital, `Consent/${draftId}`)).status, 204)
})
