/** Labels and masks hold for what was stored before rows had them. `docs/decisions/0030-consents-about-parts.md`, `0036-archived-and-withdrawn-are-masks.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { openCommands } from '../../server/store/commands.ts'
import { labels } from '../../server/store/earlier-labels.ts'
import type { Earlier } from '../../server/store/earlier-walk.ts'
import { openStore } from '../../server/store/mongo-store.ts'
import { databaseOf } from '../notifications/support.ts'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, coded, creates, document, type Json } from './support/contents.ts'
import { type DossierRecord, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)
const urn = 'urn:uuid:a0000000-0000-4000-8000-000000000001'
const { MONGODB_URL: url = '', MONGODB_DATABASE: database = '' } = stage.server.environment
const psychiatry = coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'PSY')
const places = ['record', 'record_history']

/** As an earlier version left them. */
async function forget({ id: patient }: DossierRecord, change: Document): Promise<void> {
  for (const place of places) await db.collection(place).updateMany({ patient }, change)
  await db.collection<{ _id: string }>('sweep').deleteOne({ _id: 'labels' })
}

const withoutLabels = { $pull: { 'search.token': { $regex: /^#label=/ } } } as Document
const withoutMasks = { $set: { ownMask: 0, mask: 0 } }

const archived = {
  url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived',
  valueBoolean: true,
}
const denial: Json = {
  ...{ type: 'deny', actor: authorises(rpps.gp).actor },
  securityLabel: [psychiatry.coding].flat(),
}

/** A letter and what came with it. */
async function deposited(elements: Json) {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const content = [{ attachment: { contentType: 'text/plain', url: urn } }]
  const [letter = '', text = ''] = await stage.create(
    hospital,
    creates(document(record, { author: [byFiness(finess.hospital)], content, ...elements })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, urn),
  )
  const row = () => db.collection('record').findOne({ _id: letter as never })
  const asked = (...paths: readonly string[]) =>
    Promise.all(paths.map(async path => (await stage.get(gp, path)).status))
  return { record, row, asked, paths: { letter: `DocumentReference/${letter}`, text: `Binary/${text}` } }
}

const earlier = [
  ['a document with a label that is denied', { securityLabel: [psychiatry] }, withoutLabels, [denial]],
  ['one that was entered in error', { status: 'entered-in-error' }, withoutMasks, []],
  ['one that is archived', { extension: [archived] }, withoutMasks, []],
] as const

for (const [sentence, elements, change, denied] of earlier) {
  t.test(`${sentence} is hidden with what came with it, though an earlier version stored it`, async t => {
    const { record, row, asked, paths } = await deposited(elements)
    const before = await row()
    await forget(record, change)
    for (const provision of denied) await stage.create(patientOf(record), consent(record, provision))
    t.same(await asked(paths.letter, paths.text), [200, 200], 'nothing hides it')
    await (await openStore({ url, database })).close()
    t.same(await asked(paths.letter, paths.text), [404, 404], 'a server that starts mends it')
    const after = await row()
    t.same(after?.search.token.toSorted(), before?.search.token.toSorted())
    t.same([after?.mask, after?.ownMask, after?.version], [before?.mask, before?.ownMask, before?.version])
    const { status, json } = await stage.get(hospital, paths.letter)
    t.same([status, ...select(json, '/meta/versionId')], [200, '1'], 'its depositor reads the same version')
  })

  t.test(`what came with ${sentence} is hidden, though that was deleted by an earlier version`, async t => {
    const { record, asked, paths } = await deposited(elements)
    t.equal((await stage.remove(hospital, paths.letter)).status, 204)
    const tombstone = () => db.collection('record_history').findOne({ patient: record.id, deleted: true })
    const before = await tombstone()
    await forget(record, change)
    for (const provision of denied) await stage.create(patientOf(record), consent(record, provision))
    t.same(await asked(paths.text), [200], 'nothing hides it')
    await (await openStore({ url, database })).close()
    t.same(await asked(paths.text), [404], 'a server that starts mends it')
    const after = await tombstone()
    t.same(after?.search.token.toSorted(), before?.search.token.toSorted())
    t.same([after?.mask, after?.ownMask], [before?.mask, before?.ownMask])
  })

  t.test(`${sentence} is hidden, though a merge writes it between the look and the change`, async t => {
    const { record, asked, paths } = await deposited(elements)
    await forget(record, change)
    for (const provision of denied) await stage.create(patientOf(record), consent(record, provision))
    const client = new MongoClient(url)
    const commands = openCommands({ client, database, onCommand: undefined })
    await client.connect()
    t.teardown(() => Promise.all([commands.close(), client.close()]))
    const rows = await db.collection<Earlier>('record').find({ patient: record.id }).toArray()
    // A merge keeps the masks that it finds, and the keys of what it thought of.
    await db.collection('record').updateMany({ patient: record.id }, { $inc: { version: 1 } })
    const place = { db: client.db(database), commands, zone: 'Europe/Paris', now: Date.now }
    await labels.find(({ collection }) => collection === 'record')?.changes(place, rows)
    t.same(await asked(paths.letter, paths.text), [404, 404])
  })
}
