/** What a denial by relation covered stays covered, whoever changes or deletes what it was related by. `docs/decisions/0030-consents-about-parts.md` */
import t from 'tap'
import { databaseOf } from '../notifications/support.ts'
import { type Actor, colleague, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, treats } from './support/consents.ts'
import { byFiness, creates, document, type Json, observation } from './support/contents.ts'
import { mergingOn } from './support/merging.ts'
import { type DossierRecord, expectStatus, idsIn, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)
const { merges, parts } = mergingOn(stage)
const author = [byFiness(finess.hospital)]
const { actor: toGp } = authorises(rpps.gp)
const reference = (name: string): Json => ({ reference: name })
const telling = (...names: readonly string[]): Json => ({ context: { related: names.map(reference) } })
const denial = (meaning: 'related' | 'dependents', name: string, elements: Json = {}): Json => ({
  ...{ type: 'deny', data: [{ meaning, reference: reference(name) }] },
  ...elements,
})
const urn = 'urn:uuid:a0000000-0000-4000-8000-000000000001'
const idOf = (name: string): string => name.slice(name.indexOf('/') + 1)

interface Filled {
  readonly record: DossierRecord
  readonly result: string
  readonly letter: string
  readonly text: string
  /** The Consent. */
  readonly said: string
}

/** A letter with its text tells of a result; the patient denies by relation. */
async function filled(deny: (names: Pick<Filled, 'result' | 'letter'>) => Json): Promise<Filled> {
  const record = await stage.open(
    each => [patientOf(each), consent(each, authorises(rpps.gp))],
    each => [patientOf(each), consent(each, treats(rpps.colleague))],
  )
  const result = `Observation/${await stage.createOne(hospital, observation(record, { performer: author }))}`
  const [letterId = '', textId = ''] = await stage.create(
    hospital,
    creates(document(record, { author, content: [{ attachment: { url: urn } }], ...telling(result) })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, urn),
  )
  const letter = `DocumentReference/${letterId}`
  const said = await stage.createOne(patientOf(record), consent(record, deny({ result, letter })))
  return { record, result, letter, text: `Binary/${textId}`, said }
}

const rewrite = async ({ record, letter, text }: Filled, elements: Json = {}): Promise<void> => {
  const content = [{ attachment: { contentType: 'text/plain', url: text } }]
  expectStatus(
    await stage.put(hospital, { ...document(record, { author, content, ...elements }), id: idOf(letter) }),
    200,
  )
}

/** What of it is read by its id and found by a search; fails where the two disagree. */
async function seen(reader: Actor, { record, result, letter, text }: Filled): Promise<string> {
  const names = { result, letter, text }
  const found = [
    ...idsIn(await stage.get(reader, `DocumentReference?patient=${record.id}`), 'DocumentReference'),
    ...idsIn(await stage.get(reader, `Observation?patient=${record.id}`), 'Observation'),
  ]
  const read: string[] = []
  for (const [short, name] of Object.entries(names)) {
    const { status } = await stage.get(reader, name)
    if (short !== 'text' && found.includes(idOf(name)) !== (status === 200)) throw new Error(`${short}: ${status}`)
    if (status === 200) read.push(short)
  }
  return read.join(' ')
}

for (const [sentence, deny, change, expected] of [
  [
    'what a letter referred to, once its depositor changed the letter',
    ({ letter }: Filled) => denial('related', letter, { actor: toGp }),
    (each: Filled) => rewrite(each),
    '',
  ],
  [
    'what a letter referred to, once its depositor deleted the letter',
    ({ letter }: Filled) => denial('related', letter, { actor: toGp }),
    async ({ letter }: Filled) => void expectStatus(await stage.remove(hospital, letter), 204),
    '',
  ],
  [
    'the letter that referred to a result, once it does not',
    ({ result }: Filled) => denial('dependents', result, { actor: toGp }),
    (each: Filled) => rewrite(each),
    '',
  ],
  [
    'the text of a letter that referred to a result, once the letter is deleted',
    ({ result }: Filled) => denial('dependents', result, { actor: toGp }),
    async ({ letter }: Filled) => void expectStatus(await stage.remove(hospital, letter), 204),
    '',
  ],
  [
    'the letter that refers to a result, once the result is deleted',
    ({ result }: Filled) => denial('dependents', result, { actor: toGp }),
    async ({ result }: Filled) => void expectStatus(await stage.remove(hospital, result), 204),
    '',
  ],
  ...(
    [
      ['an identifier', name => ({ identifier: [{ system: 'urn:x', value: name }] })],
      ['a tag', name => ({ meta: { tag: [{ system: 'urn:x', code: name }] } })],
      ['a source', name => ({ meta: { source: name } })],
    ] as readonly [string, (name: string) => Json][]
  ).flatMap(([lure, elements]) => [
    [
      `the letter that referred to a result, once its name stands in ${lure} alone`,
      ({ result }: Filled) => denial('dependents', result, { actor: toGp }),
      (each: Filled) => rewrite(each, elements(each.result)),
      '',
    ] as const,
    [
      `what a letter referred to, once its name stands in ${lure} alone`,
      ({ letter }: Filled) => denial('related', letter, { actor: toGp }),
      (each: Filled) => rewrite(each, elements(each.result)),
      '',
    ] as const,
  ]),
  [
    'what all are denied',
    ({ letter }: Filled) => denial('related', letter),
    async (each: Filled) => {
      await rewrite(each)
      expectStatus(await stage.remove(hospital, each.letter), 204)
    },
    '',
  ],
] as const)
  t.test(`${sentence}: it stays denied until the patient says otherwise`, async t => {
    const each = await filled(names => deny(names as Filled))
    const owner = patientOf(each.record)
    t.equal(await seen(gp, each), expected, 'before')
    await change(each)
    t.equal(await seen(gp, each), expected, 'after')
    const stands = await seen(owner, each)
    t.not(stands, '', 'the patient sees what is there')
    expectStatus(await stage.remove(owner, `Consent/${each.said}`), 204)
    t.equal(await seen(gp, each), stands, 'once the Consent is gone')
  })

t.test('a permit within a denial opens what the letter refers to now, and nothing that it referred to', async t => {
  const each = await filled(({ result, letter }) =>
    denial('dependents', result, {
      provision: [{ type: 'permit', actor: toGp, data: [{ meaning: 'related', reference: reference(letter) }] }],
    }),
  )
  t.equal(await seen(gp, each), 'result letter text')
  await rewrite(each)
  t.equal(await seen(gp, each), 'letter text')
  t.equal(await seen(colleague, each), 'result letter text', 'a médecin traitant passes what is denied to all')
})

t.test('a version that ended long before the denial covers nothing', async t => {
  const each = await filled(({ letter }) => denial('related', letter, { actor: toGp }))
  await rewrite(each)
  t.equal(await seen(gp, each), '')
  const row = { patient: each.record.id, id: idOf(each.letter), ended: { $exists: true } }
  const { modifiedCount } = await db
    .collection('record_history')
    .updateMany(row, { $set: { ended: new Date(Date.now() - 3_600_000) } })
  t.equal(modifiedCount, 1)
  t.equal(await seen(gp, each), 'result')
})

t.test('a merge and a parting lift nothing of it', async t => {
  const each = await filled(({ letter }) => denial('related', letter, { actor: toGp }))
  await rewrite(each)
  const target = await stage.open((record: DossierRecord) => [patientOf(record), consent(record, authorises(rpps.gp))])
  expectStatus(await merges(each.record, target), 200)
  const byId = async () =>
    Promise.all([each.result, each.letter, each.text].map(async name => (await stage.get(gp, name)).status))
  t.same(await byId(), [404, 404, 404], 'merged')
  expectStatus(await parts(each.record, target), 200)
  await stage.create(patientOf(each.record), consent(each.record, authorises(rpps.gp)))
  t.same(await byId(), [404, 404, 404], 'parted')
  t.equal((await stage.get(operator, each.result)).status, 403)
})
