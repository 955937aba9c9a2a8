/** What a unit of writes promises: everything or nothing, and the bytes as they were. https://hl7.org/fhir/R4/http.html#transaction */
import t from 'tap'
import { scalar } from '../../search/query.ts'
import { opened } from './opened.ts'
import { aLine, aPage, aRow, aUnit, created, deleted, newKey, replaced, within } from './rows.ts'

t.setTimeout(300_000)

const committed = { outcome: 'committed' }

t.test('commit', async t => {
  const { store } = await opened(t)

  t.test('the bytes come back as they were sent', async t => {
    const patient = newKey()
    const json = Buffer.from('{"resourceType":"Observation","valueQuantity":{"value":1.0},"x":"é\u{1f600}","n":1e400}')
    const row = aRow(patient, {
      type: 'Observation',
      json,
      tie: 2 ** 48 - 1,
      hiddenUntil: 5,
      ownMask: 2,
      blobs: [{ at: 3, sha256: 'ab', size: 7 }],
    })
    t.same(await store.commit(aUnit({ writes: [created(row)] })), committed)
    const found = await store.row(within(patient), 'Observation', row._id)
    t.ok(found !== undefined && Buffer.from(found.json).equals(json))
    t.match(found, {
      tie: row.tie,
      hiddenUntil: 5,
      mask: 2,
      blobs: row.blobs,
      date: row.date,
      updated: row.updated,
      deleted: false,
      patient,
    })
  })

  t.test('what a write must judge comes back whole', async t => {
    const patient = newKey()
    const search = {
      token: ['code=a', '#author=1', '#actor=2'],
      date: [{ name: 'd', low: -8.64e15, high: 8.64e15 }],
      quantity: [],
    }
    const row = aRow(patient, { search, follows: ['gone'], ownMask: 1, resource: { status: 'current' } })
    await store.commit(aUnit({ writes: [created(row)] }))
    const stored = await store.stored(within(patient), row.type, row._id)
    t.same(stored?.row, { ...row, json: stored?.row.json })
    t.same(stored?.entry.search, search)
    t.same(stored?.labels, {
      ...{ documentType: row.documentType, ownMask: 1, mask: 1, hiddenUntil: null, depositor: row.depositor },
      ...{ follows: ['gone'], keys: ['#author=1', '#actor=2'] },
    })
    t.match(stored?.resource, { resourceType: row.type, status: 'current' })
  })

  t.test('a row of another type, patient or visibility is not found', async t => {
    const patient = newKey()
    const row = aRow(patient)
    await store.commit(aUnit({ writes: [created(row)] }))
    t.equal(await store.row(within(patient), 'Observation', row._id), undefined)
    t.equal(await store.row(within(newKey()), row.type, row._id), undefined)
    t.equal(await store.row(within(patient, scalar('mask', 1)), row.type, row._id), undefined)
    t.equal((await store.rows(within(patient), row.type, [row._id, 'absent'])).length, 1)
  })

  t.test('an update keeps the version before it', async t => {
    const patient = newKey()
    const row = aRow(patient)
    await store.commit(aUnit({ writes: [created(row)] }))
    const second = replaced(row, { json: Buffer.from('{"second":1}') })
    t.same(await store.commit(aUnit({ writes: [second] })), committed)
    const third = replaced(second.row)
    await store.commit(aUnit({ writes: [third] }))
    t.equal((await store.row(within(patient), row.type, row._id))?.version, 3)
    const past = await store.history(within(patient), row.type, row._id, 10)
    t.same(
      past.map(({ version, _id }) => [version, _id]),
      [
        [2, row._id],
        [1, row._id],
      ],
    )
    t.ok(
      Buffer.from((await store.version(within(patient), row.type, row._id, 1))?.json ?? []).equals(
        Buffer.from(row.json),
      ),
    )
    t.same(
      (await store.history(within(patient), row.type, row._id, 10, 2)).map(({ version }) => version),
      [1],
    )
    t.equal(await store.version(within(patient), row.type, row._id, 3), undefined)
  })

  t.test('the tenth version follows the ninth', async t => {
    const patient = newKey()
    let row = aRow(patient)
    await store.commit(aUnit({ writes: [created(row)] }))
    for (let n = 0; n < 11; n += 1) {
      const write = replaced(row)
      await store.commit(aUnit({ writes: [write] }))
      row = write.row
    }
    const past = await store.history(within(patient), row.type, row._id, 20)
    t.same(
      past.map(({ version }) => version),
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    )
  })

  t.test('a version that is not the expected one writes nothing at all', async t => {
    const patient = newKey()
    const row = aRow(patient)
    const other = aRow(patient)
    await store.commit(aUnit({ writes: [created(row)] }))
    await store.commit(aUnit({ writes: [replaced(row)] }))
    t.same(
      await store.commit(
        aUnit({
          writes: [created(other), replaced(row)],
          claims: [{ key: `k${patient}`, collection: 'record', resource: other._id }],
          audit: [aLine(patient)],
        }),
      ),
      {
        outcome: 'overtaken',
        _id: row._id,
      },
    )
    t.equal(await store.row(within(patient), other.type, other._id), undefined)
    t.same(await store.registered([`k${patient}`]), [])
    t.equal(await store.trail.count({ ...eyes, patient }), 0)
  })

  t.test('a row that exists cannot be created again', async t => {
    const row = aRow(newKey())
    await store.commit(aUnit({ writes: [created(row)] }))
    t.same(await store.commit(aUnit({ writes: [created(aRow(String(row.patient))), created(row)] })), {
      outcome: 'overtaken',
      _id: row._id,
    })
  })

  t.test('a deleted row leaves a tombstone, with its labels and without its content', async t => {
    const patient = newKey()
    const row = aRow(patient, { ownMask: 1 })
    await store.commit(aUnit({ writes: [created(row)] }))
    const write = deleted(row)
    t.same(await store.commit(aUnit({ writes: [{ ...write, row: { ...write.row, ownMask: 0, mask: 0 } }] })), committed)
    t.equal(await store.row(within(patient), row.type, row._id), undefined)
    t.same(await store.page(aPage(patient)), [])
    t.match(await store.tombstone(within(patient), row.type, row._id), {
      version: 2,
      deleted: true,
      mask: 1,
      _id: row._id,
      json: Buffer.alloc(0),
    })
    t.equal(await store.tombstone(within(patient, scalar('mask', 0)), row.type, row._id), undefined)
    t.same(
      (await store.history(within(patient), row.type, row._id, 5)).map(found => [found.version, found.deleted]),
      [
        [2, true],
        [1, false],
      ],
    )
    t.match(await store.version(within(patient), row.type, row._id, 2), { deleted: true })
    t.same(await store.commit(aUnit({ writes: [deleted(row)] })), { outcome: 'overtaken', _id: row._id })
  })

  t.test('a key of the registry belongs to one unit, until it is given back or found stale', async t => {
    const key = newKey()
    const claim = (resource: string) => ({ key, collection: 'record' as const, resource, answer: `Type/${resource}` })
    t.same(await store.commit(aUnit({ claims: [claim('one')] })), committed)
    t.same(await store.commit(aUnit({ claims: [claim('two')] })), { outcome: 'claimed', key })
    t.same(await store.registered([key, 'absent']), [
      { key, collection: 'record', resource: 'one', answer: 'Type/one' },
    ])
    t.same(await store.commit(aUnit({ claims: [{ ...claim('two'), replaces: 'zero' }] })), { outcome: 'claimed', key })
    t.same(await store.commit(aUnit({ claims: [{ ...claim('two'), replaces: 'one' }] })), committed)
    t.same(await store.commit(aUnit({ releases: [key] })), committed)
    t.same(await store.registered([key]), [])
    t.same(await store.registered([]), [])
  })

  t.test('rows of the directory and of a record are written together', async t => {
    const patient = newKey()
    const [row, organization] = [aRow(patient), aRow('', { patient: null, type: 'Organization', _id: newKey() })]
    t.same(await store.commit(aUnit({ writes: [created(row), created(organization, 'directory')] })), committed)
    t.same(await store.commit(aUnit({ writes: [replaced(row), replaced(organization)] })), committed)
  })

  t.test('a unit larger than one command is written whole', async t => {
    const patient = newKey()
    const rows = Array.from({ length: 9 }, () => aRow(patient, { resource: { text: 'x'.repeat(2_000_000) } }))
    t.same(await store.commit(aUnit({ writes: rows.map(row => created(row)) })), committed)
    t.equal(await store.count(aPage(patient)), 9)
    t.same(await store.commit(aUnit({ writes: rows.map(row => replaced(row)) })), committed)
    t.equal((await store.page(aPage(patient))).filter(({ version }) => version === 2).length, 9)
  })
})

const eyes = {
  ...{ ownAgent: null, visibleMasks: [0, 1, 2, 3, 4, 5, 6, 7], masksAfterHidden: [], now: 0 },
  ...{ at: [], agents: [], types: [], entities: [], descending: true, limit: 10 },
}
