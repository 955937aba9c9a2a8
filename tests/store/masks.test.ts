/** A mask reaches all that follows the document, its past, and the trail. `access.md` sections 4, 5 and 8. */
import t from 'tap'
import { type Base, inForce, type Labelled } from '../../server/store/masks.ts'
import type { Row, Store, TrailRequest } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aLine, aRow, aUnit, created, deleted, newKey, replaced, within } from './rows.ts'

t.setTimeout(300_000)

const labels = (changes: Partial<Labelled>): Labelled => ({
  ownMask: 0,
  consentMask: 0,
  mask: 0,
  hiddenUntil: null,
  follows: [],
  ...changes,
})
const open: Base = { mask: 0, hiddenUntil: null }

for (const [sentence, row, bases, expected] of [
  ['a row without labels is not masked', labels({}), [], open],
  ['a row has its own mask', labels({ ownMask: 4 }), [], { mask: 4, hiddenUntil: null }],
  ['a consent adds its mask', labels({ ownMask: 4, consentMask: 1 }), [], { mask: 5, hiddenUntil: null }],
  [
    'a row has the masks of all that it follows',
    labels({ follows: ['a', 'b'] }),
    [
      ['a', { mask: 1, hiddenUntil: null }],
      ['b', { mask: 4, hiddenUntil: null }],
    ],
    { mask: 5, hiddenUntil: null },
  ],
  [
    'it is hidden as long as the document that is hidden longest',
    labels({ follows: ['a', 'b'] }),
    [
      ['a', { mask: 2, hiddenUntil: 7 }],
      ['b', { mask: 2, hiddenUntil: 9 }],
    ],
    { mask: 2, hiddenUntil: 9 },
  ],
  [
    'its own end holds when it hides itself',
    labels({ ownMask: 2, hiddenUntil: 11, follows: ['a'] }),
    [['a', { mask: 2, hiddenUntil: 7 }]],
    { mask: 2, hiddenUntil: 11 },
  ],
  [
    'a mask that was lifted is gone with its end',
    labels({ mask: 2, hiddenUntil: 7, follows: ['a'] }),
    [['a', open]],
    open,
  ],
  [
    'a document that is gone leaves its mask',
    labels({ mask: 3, hiddenUntil: 7, follows: ['a'] }),
    [],
    { mask: 3, hiddenUntil: 7 },
  ],
] as const satisfies readonly (readonly [string, Labelled, readonly (readonly [string, Base])[], Base])[]) {
  t.test(sentence, async t => t.same(inForce(row, new Map(bases)), expected))
}

const masking = (patient: string, document: string, status = 'active') =>
  aRow(patient, {
    type: 'Consent',
    documentType: 'consent',
    resource: {
      ...{
        status,
        scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
      },
      category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
      provision: { type: 'deny', data: [{ meaning: 'instance', reference: { reference: document } }] },
    },
  })

const target = (row: Row) => ({
  type: row.type,
  id: row.id,
  version: 1,
  documentType: row.documentType,
  mask: row.mask,
  hiddenUntil: row.hiddenUntil,
})

const asProfessional = (patient: string): TrailRequest => ({
  ...{ patient, ownAgent: null, visibleMasks: [0, 2, 4, 6], masksAfterHidden: [], now: 0 },
  ...{ at: [], agents: [], types: [], entities: [], descending: true, limit: 100 },
})

/** A record with a document, a report that follows it, and a line about each. */
async function aRecord(store: Store, ownMask = 0) {
  const patient = newKey()
  const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
  const hiddenUntil = (ownMask & 2) === 0 ? null : 99
  const document = aRow(patient, { ownMask, hiddenUntil })
  const report = aRow(patient, { type: 'DiagnosticReport', follows: [document._id], mask: ownMask, hiddenUntil })
  const record = { patient, depositor: 'rpps:1', recompile: true }
  await store.commit(
    aUnit({
      writes: [person, document, report].map(row => created(row)),
      record,
      audit: [aLine(patient, { interaction: 'create', targets: [target(document)] })],
    }),
  )
  await store.audit([aLine(patient, { targets: [target(report)] })])
  return { patient, document, report, record }
}

t.test('masks', async t => {
  const { store } = await opened(t)
  const maskOf = async ({ type, patient, _id }: Row) => {
    const found = await store.row(within(String(patient)), type, _id)
    return found && { mask: found.mask, hiddenUntil: found.hiddenUntil }
  }
  const masked = { mask: 1, hiddenUntil: null }

  t.test(
    'a consent masks the document and what follows it, without a new version, and lifting it unmasks them',
    async t => {
      const { patient, document, report, record } = await aRecord(store)
      const second = replaced(document)
      await store.commit(aUnit({ writes: [second] }))
      t.equal(await store.trail.count(asProfessional(patient)), 2)

      const consent = masking(patient, `DocumentReference/${document._id}`)
      await store.commit(
        aUnit({
          writes: [created(consent)],
          record,
          audit: [aLine(patient, { type: 'Consent', interaction: 'create', targets: [target(consent)] })],
        }),
      )
      t.same([await maskOf(document), await maskOf(report)], [masked, masked])
      t.equal((await store.row(within(patient), document.type, document._id))?.version, 2)
      t.equal((await store.version(within(patient), document.type, document._id, 1))?.mask, 1)
      t.same((await store.facts(patient))?.maskedRows, [document._id])
      t.same(
        (await store.trail.find(asProfessional(patient))).map(({ type }) => type),
        ['Consent'],
        'the trail does not tell of what is masked',
      )

      const third = replaced(second.row, { consentMask: 0, mask: 0 })
      await store.commit(aUnit({ writes: [third] }))
      t.same(await maskOf(document), masked, 'an update cannot lift what a consent masks')

      await store.commit(
        aUnit({
          writes: [replaced(consent, masking(patient, 'x', 'inactive'))].map(write => ({
            ...write,
            row: { ...write.row, ...{ _id: consent._id, id: consent.id, version: 2 } },
          })),
          record,
        }),
      )
      t.same([await maskOf(document), await maskOf(report)], [open, open])
      t.equal((await store.version(within(patient), document.type, document._id, 1))?.mask, 0)
      t.equal(await store.trail.count(asProfessional(patient)), 3)
    },
  )

  t.test('a consent that comes with its document masks it at once', async t => {
    const { patient, record } = await aRecord(store)
    const document = aRow(patient)
    const line = aLine(patient, { interaction: 'create', request: 'together', targets: [target(document)] })
    await store.commit(
      aUnit({
        writes: [created(document), created(masking(patient, `DocumentReference/${document._id}`))],
        record,
        audit: [line],
      }),
    )
    t.same(await maskOf(document), masked)
    t.notOk((await store.trail.find(asProfessional(patient))).some(({ request }) => request === 'together'))
  })

  t.test('a consent may name a document by an id that a client chose', async t => {
    const { patient, record } = await aRecord(store)
    const document = aRow(patient, { id: 'report-1' })
    await store.commit(aUnit({ writes: [created(document)] }))
    await store.commit(aUnit({ writes: [created(masking(patient, 'DocumentReference/report-1'))], record }))
    t.same(await maskOf(document), masked)
  })

  t.test('what is deposited later takes the mask of the document that it follows', async t => {
    const { patient, document, record } = await aRecord(store)
    await store.commit(aUnit({ writes: [created(masking(patient, `DocumentReference/${document._id}`))], record }))
    const later = aRow(patient, { type: 'Observation', follows: [document._id] })
    await store.commit(aUnit({ writes: [created(later)] }))
    t.same(await maskOf(later), masked)
  })

  t.test('a document that is announced is announced with its report, and hidden again with it', async t => {
    const { patient, document, report } = await aRecord(store, 2)
    t.same(await maskOf(report), { mask: 2, hiddenUntil: 99 })
    const announced = replaced(document, { ownMask: 0, mask: 0, hiddenUntil: null })
    await store.commit(aUnit({ writes: [announced] }))
    t.same([await maskOf(document), await maskOf(report)], [open, open])
    const asPatient = { ...asProfessional(patient), visibleMasks: [0] }
    t.equal(await store.trail.count(asPatient), 2)
    await store.commit(aUnit({ writes: [replaced(announced.row, { ownMask: 2, mask: 2, hiddenUntil: 98 })] }))
    t.same(await maskOf(report), { mask: 2, hiddenUntil: 98 })
    t.equal(await store.trail.count(asPatient), 0)
    t.equal(await store.trail.count({ ...asPatient, masksAfterHidden: [2], now: 97 }), 0)
    t.equal(await store.trail.count({ ...asPatient, masksAfterHidden: [2], now: 98 }), 2)
  })

  t.test('a mask reaches the versions of what followed the document once, and follows it no more', async t => {
    const { patient, document, record } = await aRecord(store)
    const list = aRow(patient, { type: 'List', follows: [document._id] })
    await store.commit(aUnit({ writes: [created(list)] }))
    await store.commit(aUnit({ writes: [replaced(list, { follows: [] })] }))
    await store.commit(aUnit({ writes: [created(masking(patient, `DocumentReference/${document._id}`))], record }))
    t.equal((await store.version(within(patient), 'List', list._id, 1))?.mask, 1)
    t.same(await maskOf(list), open)
  })

  t.test('a document that comes back with another mask masks what came with it', async t => {
    const { document, report } = await aRecord(store)
    const gone = deleted(document)
    await store.commit(aUnit({ writes: [gone] }))
    t.same(await maskOf(report), open)
    const back = { ...created(document), row: { ...document, version: 3, ownMask: 1, mask: 1 } }
    await store.commit(aUnit({ writes: [back] }))
    t.same(await maskOf(report), masked)
  })

  t.test('what a client gave its id stays masked, with what came with it, while it is deleted', async t => {
    const { patient, record } = await aRecord(store)
    const document = aRow(patient, { id: 'report-2' })
    const result = aRow(patient, { type: 'Observation', follows: [document._id] })
    await store.commit(aUnit({ writes: [document, result].map(row => created(row)) }))
    await store.commit(aUnit({ writes: [created(masking(patient, 'DocumentReference/report-2'))], record }))
    await store.commit(aUnit({ writes: [deleted(document)], record }))
    t.same(await maskOf(result), masked)
  })

  t.test('a document that is deleted does not unmask its report', async t => {
    const { document, report, patient } = await aRecord(store, 1)
    await store.commit(aUnit({ writes: [deleted(document)] }))
    t.same(await maskOf(report), masked)
    await store.commit(aUnit({ writes: [replaced(report)] }))
    t.same(await maskOf(report), masked)
    t.equal((await store.tombstone(within(patient), document.type, document._id))?.mask, 1)
  })

  t.test('a mask and a deposit that follows it at the same time do not pass each other', async t => {
    for (let round = 0; round < 10; round += 1) {
      const { patient, document, record } = await aRecord(store)
      const later = aRow(patient, { type: 'Observation', follows: [document._id] })
      const outcomes = await Promise.all([
        store.commit(aUnit({ writes: [created(masking(patient, `DocumentReference/${document._id}`))], record })),
        store.commit(aUnit({ writes: [created(later)] })),
      ])
      t.same(outcomes, [{ outcome: 'committed' }, { outcome: 'committed' }])
      t.same(await maskOf(later), masked)
    }
  })
})
