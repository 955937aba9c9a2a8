/** Writes that meet share a transaction, and none of them notices. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import t from 'tap'
import type { Unit } from '../../server/store/store.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { opened } from './opened.ts'
import { aLine, aNotice, aPage, aRow, aUnit, created, newKey, replaced, within } from './rows.ts'

t.setTimeout(300_000)

/** A deposit of one document in a record of its own. */
function aDeposit(changes: Partial<Unit> = {}): { readonly patient: string; readonly unit: Unit } {
  const patient = newKey()
  const outbox = [aNotice(patient)]
  const unit = aUnit({ writes: [created(aRow(patient))], audit: [aLine(patient)], outbox, ...changes })
  return { patient, unit }
}

const many = <Value>(count: number, make: (place: number) => Value): readonly Value[] =>
  Array.from({ length: count }, (_, place) => make(place))

t.test('units at once', async t => {
  const commands: string[] = []
  const { store, url, database } = await opened(t, { onCommand: name => void commands.push(name) })
  const counted = (name: string): number => commands.filter(each => each === name).length

  t.test('40 deposits need fewer transactions, and each is there whole', async t => {
    const before = counted('commitTransaction')
    const deposits = many(40, () => aDeposit())
    const outcomes = await Promise.all(deposits.map(({ unit }) => store.commit(unit)))
    t.ok(outcomes.every(({ outcome }) => outcome === 'committed'))
    t.ok(counted('commitTransaction') - before <= 4)
    for (const { patient } of deposits) t.equal(await store.count(aPage(patient)), 1)
  })

  t.test('updates at once keep the version before, each its own', async t => {
    const rows = many(10, () => aRow(newKey()))
    await Promise.all(rows.map(row => store.commit(aUnit({ writes: [created(row)] }))))
    const outcomes = await Promise.all(rows.map(row => store.commit(aUnit({ writes: [replaced(row)] }))))
    t.ok(outcomes.every(({ outcome }) => outcome === 'committed'))
    for (const row of rows) {
      const past = await store.history(within(String(row.patient)), row.type, row._id, 5)
      t.same(
        past.map(({ version }) => version),
        [1],
      )
    }
  })

  t.test('one that comes too late, or finds its key taken, is told so alone, and leaves nothing', async t => {
    const key = `taken-${newKey()}`
    const row = aRow(newKey())
    const claims = [{ key, collection: 'record' as const, resource: row._id }]
    await store.commit(aUnit({ writes: [created(row)], claims }))
    await store.commit(aUnit({ writes: [replaced(row)] }))
    const deposits = many(12, () => aDeposit())
    const claiming = aDeposit({ claims })
    const late = { ...aUnit({ writes: [replaced(row)] }) }
    const outcomes = await Promise.all(
      [...deposits.map(({ unit }) => unit), claiming.unit, late].map(unit => store.commit(unit)),
    )
    t.same(outcomes.slice(12), [
      { outcome: 'claimed', key },
      { outcome: 'overtaken', _id: row._id },
    ])
    t.ok(outcomes.slice(0, 12).every(({ outcome }) => outcome === 'committed'))
    for (const { patient } of deposits) t.equal(await store.count(aPage(patient)), 1)
    t.equal(await store.count(aPage(claiming.patient)), 0)
  })

  t.test('one that the database refuses takes no other with it', async t => {
    const broken = aDeposit({ writes: [created({ ...aRow(newKey()), json: Buffer.alloc(17 * 1024 * 1024) })] })
    const odd = aDeposit({ outbox: [aNotice(newKey(), { about: ['x'.repeat(17 * 1024 * 1024)] })] })
    const deposits = many(8, () => aDeposit())
    const units = [broken.unit, odd.unit, ...deposits.map(({ unit }) => unit)]
    const [first, second, ...others] = await Promise.allSettled(units.map(unit => store.commit(unit)))
    t.equal(first?.status, 'rejected')
    t.equal(second?.status, 'rejected')
    t.ok(others.every(each => each.status === 'fulfilled' && each.value.outcome === 'committed'))
    t.equal(await store.count(aPage(odd.patient)), 0)
  })

  t.test('the line of each is in the chain once', async t => {
    await Promise.all(many(20, () => store.commit(aDeposit().unit)))
    await new Promise(resolve => setTimeout(resolve, 1500)) // lines of writes are linked within a second
    const { broken, waiting } = await verifyAudit(url, database)
    t.equal(broken, undefined)
    t.equal(waiting, 0)
  })
})
