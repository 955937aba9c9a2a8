/** What was denied while two records were one is denied in both once they are parted, and names nothing of the other person. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, colleague, gp, hospital, nurse, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, consent, masksDocument } from './support/consents.ts'
import { byRpps, document, type Json } from './support/contents.ts'
import { mergingOn, own } from './support/merging.ts'
import { type DossierRecord, expectStatus, startStage } from './support/stage.ts'

t.setTimeout(600_000)
const stage = await startStage(t)
const { merges, parts, found } = mergingOn(stage)

const consentsOf = async (actor: Actor, { id }: DossierRecord): Promise<string> =>
  (await stage.get(actor, `Consent?patient=${id}&_count=100`)).bytes.toString()

const practitioner = (number: string, extra: Json = {}): Json => ({
  ...{ resourceType: 'Practitioner', id: 'p' },
  ...{ identifier: [(byRpps(number) as { identifier: Json }).identifier], ...extra },
})
const blocksContained = (number: string): Json => {
  const provision = blocks(number) as { actor: readonly Json[] }
  return { ...provision, actor: [{ ...provision.actor[0], reference: { reference: '#p' } }] }
}

t.test('a denial whose Consent names what stays elsewhere is not lost', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const [a, b] = [patientOf(source), patientOf(target)]
  const brought = await stage.createOne(hospital, document(source, own))
  const open = await stage.createOne(hospital, document(source, own))
  const stays = await stage.createOne(hospital, document(target, own))
  const named = { reference: `DocumentReference/${stays}` }
  const extension = [{ url: 'urn:x', valueReference: named }]
  expectStatus(await merges(source, target), 200)
  await stage.create(b, consent(target, blocks(rpps.nurse), { sourceReference: named }))
  await stage.create(
    b,
    consent(target, blocksContained(rpps.colleague), { contained: [practitioner(rpps.colleague, { extension })] }),
  )
  await stage.create(b, consent(target, masksDocument(`DocumentReference/${brought}`), { extension }))
  expectStatus(await parts(source, target), 200)
  for (const number of [rpps.nurse, rpps.colleague, rpps.gp]) {
    await stage.create(a, consent(source, authorises(number)))
    await stage.create(b, consent(target, authorises(number)))
  }
  for (const record of [source, target]) for (const actor of [nurse, colleague]) t.same(await found(actor, record), [])
  t.same(await found(gp, source), [open], 'what was masked is masked')
  t.same(await found(gp, target), [stays])
  const said = await consentsOf(a, source)
  for (const each of [target.id, target.ins, stays]) t.notOk(said.includes(each), each)
  t.ok(said.includes('#p'))
})

/** A document is shut by the exception of a permit, for another permit opens all. */
const exceptDocument = (id: string): Json =>
  authorises(rpps.gp, { provision: [masksDocument(`DocumentReference/${id}`)] })

t.test('an exception of a permit denies in the record into which its own is merged', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const [shut, open] = [
    await stage.createOne(hospital, document(source, own)),
    await stage.createOne(hospital, document(source, own)),
  ]
  await stage.create(patientOf(source), consent(source, exceptDocument(shut)), consent(source, authorises(rpps.gp)))
  t.same(await found(gp, source), [open], 'it denied before')
  await stage.create(patientOf(target), consent(target, authorises(rpps.gp)))
  expectStatus(await merges(source, target), 200)
  t.same(await found(gp, target), [open])
})

t.test(
  'an exception of a permit denies in both records once they are parted, and the permit opens one alone',
  async t => {
    const [source, target] = [await stage.open(), await stage.open()]
    const [shut, open] = [
      await stage.createOne(hospital, document(source, own)),
      await stage.createOne(hospital, document(source, own)),
    ]
    expectStatus(await merges(source, target), 200)
    await stage.create(patientOf(target), consent(target, exceptDocument(shut)))
    expectStatus(await parts(source, target), 200)
    t.equal((await stage.get(gp, `DocumentReference/${open}`)).status, 404, 'nothing is permitted there')
    await stage.create(patientOf(source), consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [open])
  },
)

t.test('who is kept out by a copy reads that he is', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  expectStatus(await merges(source, target), 200)
  await stage.create(patientOf(target), consent(target, blocks(rpps.nurse)))
  const before = select((await stage.get(nurse, 'Consent?_count=100')).json, '/entry/*/resource/patient/reference')
  expectStatus(await parts(source, target), 200)
  const after = select((await stage.get(nurse, 'Consent?_count=100')).json, '/entry/*/resource/patient/reference')
  t.ok(before.includes(`Patient/${target.id}`))
  t.same(
    after.filter(each => !before.includes(each)),
    [`Patient/${source.id}`],
  )
})

t.test(
  'a denial that was written into a Consent of the source meanwhile keeps somebody out of the target too',
  async t => {
    const [source, target] = [await stage.open(), await stage.open()]
    const [a, b] = [patientOf(source), patientOf(target)]
    const brought = await stage.createOne(hospital, document(source, own))
    const stays = await stage.createOne(hospital, document(target, own))
    const given = await stage.createOne(a, consent(source, authorises(rpps.nurse)))
    const before = await stage.createOne(a, consent(source, blocks(rpps.gp)))
    expectStatus(await merges(source, target), 200)
    const moved = (await stage.get(b, `Consent/${given}`)).json as Json
    expectStatus(await stage.put(b, { ...moved, provision: blocks(rpps.nurse) }), 200)
    expectStatus(await parts(source, target), 200)
    for (const number of [rpps.nurse, rpps.gp]) {
      await stage.create(a, consent(source, authorises(number)))
      await stage.create(b, consent(target, authorises(number)))
    }
    for (const record of [source, target]) t.same(await found(nurse, record), [])
    t.same([await found(gp, source), await found(gp, target)], [[], [stays]], 'one from before is the source’s alone')
    const said = await consentsOf(b, target)
    for (const each of [source.id, source.ins, brought, before]) t.notOk(said.includes(each), each)
  },
)

t.test('of three records that were one a denial in a Consent of the third holds in all', async t => {
  const [source, third, target] = [await stage.open(), await stage.open(), await stage.open()]
  const given = await stage.createOne(patientOf(third), consent(third, authorises(rpps.nurse)))
  await stage.createOne(hospital, document(source, own))
  for (const each of [source, third]) expectStatus(await merges(each, target), 200)
  const b = patientOf(target)
  const moved = (await stage.get(b, `Consent/${given}`)).json as Json
  expectStatus(await stage.put(b, { ...moved, provision: blocks(rpps.nurse) }), 200)
  expectStatus(await parts(source, target), 200)
  await stage.create(patientOf(source), consent(source, authorises(rpps.nurse)))
  t.same(await found(nurse, source), [])
  t.notOk((await consentsOf(patientOf(source), source)).includes(third.id))
})

t.test('a mask of a document that goes to the source goes with it', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  expectStatus(await merges(source, target), 200)
  const [a, b] = [patientOf(source), patientOf(target)]
  const filed = await stage.createOne(hospital, document(source, own))
  await stage.create(b, consent(target, masksDocument(`DocumentReference/${filed}`)))
  const answer = expectStatus(
    await parts(source, target, { resource: { reference: `DocumentReference/${filed}` } }),
    200,
  )
  const [to = ''] = select(answer.json, '/parameter/[name=resource]/part/[name=to]/valueReference/reference').map(
    String,
  )
  await stage.create(a, consent(source, authorises(rpps.gp)))
  t.same(await found(gp, source), [])
  const mask = select((await stage.get(a, `Consent?patient=${source.id}&_count=100`)).json, '/entry/*/resource').find(
    each => JSON.stringify(each).includes(to),
  )
  t.ok(mask, 'its Consent names it by the id that it has')
  expectStatus(await stage.put(a, { ...(mask as Json), status: 'inactive' }), 200)
  t.same(await found(gp, source), [to.slice('DocumentReference/'.length)], 'and its patient lifts it')
})

const about = (meaning: 'related' | 'dependents', name: string): Json => ({
  ...{ type: 'deny', data: [{ meaning, reference: { reference: name } }] },
})
const telling = (name: string): Json => ({ ...own, context: { related: [{ reference: name }] } })

for (const [sentence, meaning] of [
  ['what refers to a result of the target', 'dependents'],
  ['a letter of the source and what it refers to', 'related'],
] as const)
  t.test(`a denial of ${sentence} holds in both records once the two sides of the relation are parted`, async t => {
    const [source, target] = [await stage.open(), await stage.open()]
    const [a, b] = [patientOf(source), patientOf(target)]
    const result = await stage.createOne(hospital, document(target, own))
    const letter = await stage.createOne(hospital, document(source, own))
    const alone = await stage.createOne(hospital, document(source, own))
    const other = await stage.createOne(hospital, document(target, own))
    expectStatus(await merges(source, target), 200)
    expectStatus(
      await stage.put(hospital, { ...document(target, telling(`DocumentReference/${result}`)), id: letter }),
      200,
    )
    const named = `DocumentReference/${meaning === 'dependents' ? result : letter}`
    await stage.create(b, consent(target, about(meaning, named)))
    await stage.create(b, consent(target, authorises(rpps.gp)))
    t.same((await found(gp, target)).toSorted(), [other, alone].toSorted(), 'while they are one')
    expectStatus(await parts(source, target), 200)
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [alone], 'the source')
    t.same(await found(gp, target), [other], 'the target')
    const said = await consentsOf(a, source)
    for (const each of [target.id, target.ins, result]) t.notOk(said.includes(each), each)
    t.same((await found(a, source)).toSorted(), [letter, alone].toSorted(), 'her own record')
  })

t.test(
  'a denial of a letter that goes to the source as a listed one, and of what it refers to, holds in both',
  async t => {
    const [source, target] = [await stage.open(), await stage.open()]
    const [a, b] = [patientOf(source), patientOf(target)]
    const stays = await stage.createOne(hospital, document(target, own))
    const other = await stage.createOne(hospital, document(target, own))
    expectStatus(await merges(source, target), 200)
    const letter = await stage.createOne(hospital, document(target, telling(`DocumentReference/${stays}`)))
    await stage.create(b, consent(target, about('related', `DocumentReference/${letter}`)))
    await stage.create(b, consent(target, authorises(rpps.gp)))
    t.same(await found(gp, target), [other], 'while they are one')
    expectStatus(await parts(source, target, { resource: { reference: `DocumentReference/${letter}` } }), 200)
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, target), [other], 'what it referred to')
    t.same(await found(gp, source), [], 'the letter')
    t.same((await found(a, source)).length, 1)
  },
)
