/** A long trail is read in parts: whatever its length, no command looks at more lines than a part has. `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { masks, trailMasks } from '../../security/mask-lists.ts'
import { toAuditDocument } from '../../server/store/audit-document.ts'
import { monthOf } from '../../server/store/audit-months.ts'
import type { TrailEntry, TrailRequest } from '../../server/store/store.ts'
import { linesOfPart } from '../../server/store/trail-parts.ts'
import { opened } from './opened.ts'
import { aLine, newKey, newRowId, noon } from './rows.ts'

t.setTimeout(300_000)

const usual = { at: [], agents: [], types: [], entities: [], descending: true, now: noon, limit: 20 }
const patientSees = {
  ...{ ownAgent: null, visibleMasks: trailMasks.patient, masksAfterHidden: trailMasks.patientLater },
}
const treatingSees = { ownAgent: null, visibleMasks: masks.all, masksAfterHidden: [] }

/** Lines of one millisecond: more than a part, in the midst of the others. */
const burst = { from: 13_000, lines: linesOfPart + 500 }
const many = 35_000

/** Every seven lines have one millisecond, but for the burst. */
const timeOf = (place: number): number => {
  const isOfBurst = place >= burst.from && place < burst.from + burst.lines
  return noon - (isOfBurst ? Math.floor(burst.from / 7) : Math.floor(place / 7)) * 100
}

const isHidden = (place: number): boolean => place % 3 === 0
const isRare = (place: number): boolean => place % 4999 === 17
const ofVisitor = (place: number): boolean => place % 5 === 1

/** Every value of that name, however deep. */
function valuesOf(json: unknown, name: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(value, name)])
}

t.test('a long trail', async t => {
  const commands: Document[] = []
  const month = monthOf(noon)
  const { store, url, database } = await opened(t, {
    onCommand: (name, command) => void ((name === 'find' || name === 'aggregate') && commands.push(command)),
  })
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const db = client.db(database)
  await db.createCollection(month)
  await db.collection(month).createIndex({ patient: 1, at: -1 }, { name: 'trail' })
  const patient = newKey()
  const document = newRowId(patient)

  function lineAt(place: number): Document {
    const target = { type: 'DocumentReference', id: document, version: 1, documentType: '11490-0', hiddenUntil: null }
    const line = aLine(patient, { at: timeOf(place), targets: [{ ...target, mask: isHidden(place) ? 2 : 0 }] })
    const agent = isRare(place) ? '10000000001' : ofVisitor(place) ? '10000000002' : '10003456789'
    return toAuditDocument({ _id: newRowId(patient), entry: { ...line, agent: { ...line.agent, rpps: agent } } })
  }
  const lines = Array.from({ length: many }, (_, place) => lineAt(place))
  const places = lines.map((_, place) => place)
  for (let from = 0; from < many; from += 5000) await db.collection(month).insertMany(lines.slice(from, from + 5000))

  /** The ids of lines in the order of the trail. */
  const idsOf = (which: (place: number) => boolean, descending = true): readonly string[] => {
    const sign = descending ? -1 : 1
    const compare = (one: Document, other: Document): number =>
      sign * (one.at - other.at || (one._id < other._id ? -1 : 1))
    return places
      .filter(which)
      .flatMap(place => lines[place] ?? [])
      .sort(compare)
      .map(({ _id }) => String(_id))
  }

  async function examined(): Promise<{ readonly docs: number; readonly keys: number; readonly commands: number }> {
    const asked = commands.splice(0).filter(({ find, aggregate }) => find === month || aggregate === month)
    const found = { docs: 0, keys: 0, commands: asked.length }
    for (const { aggregate, pipeline, find, filter, sort, limit, skip, projection, hint } of asked) {
      const command =
        find === undefined
          ? { aggregate, pipeline, hint, cursor: {} }
          : { find, filter, hint, sort, limit, ...(skip ? { skip } : {}), ...(projection ? { projection } : {}) }
      const plan = await db.command({ explain: command, verbosity: 'executionStats' })
      t.notOk(valuesOf(plan, 'stage').includes('COLLSCAN'))
      found.docs = Math.max(found.docs, ...valuesOf(plan, 'totalDocsExamined').map(Number))
      found.keys = Math.max(found.keys, ...valuesOf(plan, 'totalKeysExamined').map(Number))
    }
    return found
  }

  /** Asked again where the machine was busy. */
  async function inTime<Value>(ask: () => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask()
      } catch (error) {
        if (tries === 10) throw error
        commands.length = 0
      }
    }
  }
  const count = (asked: Partial<TrailRequest>) =>
    inTime(() => store.trail.count({ ...usual, ...patientSees, patient, ...asked }))
  const find = (asked: Partial<TrailRequest>) =>
    inTime(() => store.trail.find({ ...usual, ...patientSees, patient, ...asked }))
  const ids = (found: readonly TrailEntry[]) => found.map(({ _id }) => _id)

  t.test(
    'is counted exactly for a patient, from whom some of it is hidden; no command reads more than a part',
    async t => {
      commands.length = 0
      t.equal(await count({}), places.filter(place => !isHidden(place)).length)
      const { docs, keys, commands: asked } = await examined()
      t.ok(docs <= burst.lines + 7, `${docs} lines, of which one millisecond has ${burst.lines}`)
      t.ok(keys <= burst.lines + linesOfPart + 7, `${keys} keys`)
      t.ok(asked >= 2 * Math.floor(many / linesOfPart), `${asked} commands`)
      t.equal(
        await count({ agents: [['rpps:10000000002']] }),
        places.filter(place => !isHidden(place) && ofVisitor(place) && !isRare(place)).length,
      )
      const [from, before] = [timeOf(30_000), timeOf(9000)]
      const within = (place: number): boolean => timeOf(place) >= from && timeOf(place) < before
      t.equal(await count({ at: [{ from, before }] }), places.filter(place => within(place) && !isHidden(place)).length)
    },
  )

  t.test('is counted for who sees all of it without reading a line', async t => {
    commands.length = 0
    t.equal(await count(treatingSees), many)
    t.match(await examined(), { docs: 0, commands: 1 })
  })

  t.test('a page of it reads as many lines as it has, in the order of time and id', async t => {
    for (const descending of [true, false]) {
      commands.length = 0
      const first = await find({ ...treatingSees, descending })
      t.same(ids(first), idsOf(() => true, descending).slice(0, 20))
      t.ok((await examined()).docs <= 21 + 7)
      const last = first.at(-1)
      const after = { value: last?.at ?? 0, tie: last?._id ?? '' }
      t.same(ids(await find({ ...treatingSees, descending, after })), idsOf(() => true, descending).slice(20, 40))
    }
  })

  t.test('a page of the burst has what stands there', async t => {
    const all = idsOf(() => true)
    const start = all.slice(0, burst.from + 100)
    const after = { value: timeOf(burst.from), tie: start.at(-1) ?? '' }
    t.same(ids(await find({ ...treatingSees, after })), all.slice(burst.from + 100, burst.from + 120))
  })

  t.test('a page of what is rare goes through it part by part, and finds all of it', async t => {
    const rare = (place: number): boolean => isRare(place) && !isHidden(place)
    for (const descending of [true, false]) {
      commands.length = 0
      const asked = { agents: [['rpps:10000000001']], descending }
      t.same(ids(await find(asked)), idsOf(rare, descending))
      t.ok((await examined()).docs <= burst.lines + 7)
      const [first, ...others] = await find({ ...asked, limit: 2 })
      const after = { value: first?.at ?? 0, tie: first?._id ?? '' }
      t.equal(others.length, 1)
      t.same(ids(await find({ ...asked, after })), idsOf(rare, descending).slice(1))
    }
    commands.length = 0
    t.same(await find({ ...treatingSees, ownAgent: 'rpps:10009999999' }), [])
    t.ok((await examined()).docs <= burst.lines + 7)
  })

  t.test('who asks for a page of what is rare is asked whether to go on, once two parts were read', async t => {
    const asked = { ...usual, ...patientSees, patient, agents: [['rpps:10000000001']] }
    const answered: boolean[] = []
    const going = (goesOn: boolean) => () => {
      answered.push(goesOn)
      return goesOn
    }
    const all = await inTime(() => store.trail.find(asked, going(true)))
    t.same(
      ids(all),
      idsOf(place => isRare(place) && !isHidden(place)),
    )
    t.ok(answered.length > 0)
    const some = await inTime(() => store.trail.find(asked, going(false)))
    t.ok(some.length > 0 && some.length < all.length, `${some.length} of ${all.length}`)
    answered.length = 0
    await inTime(() => store.trail.find({ ...asked, limit: 1 }, going(false)))
    await inTime(() => store.trail.find({ ...usual, ...treatingSees, patient }, going(false)))
    t.same(answered, [], 'a page that is soon full, or is read in the order of the index, is not long')
  })

  t.test('one line of it is read by its id alone', async t => {
    const [id = ''] = idsOf(place => place === 20_000 && !isHidden(place))
    commands.length = 0
    t.same(ids(await find({ id, limit: 1 })), [id])
    t.ok((await examined()).docs <= 1)
    const [hidden = ''] = idsOf(place => place === 21_000)
    t.same(await find({ id: hidden, limit: 1 }), [])
    t.equal(await count({ id }), 1)
    t.same(await find({ id, limit: 1, patient: newKey() }), [], 'in the record that has it')
  })

  t.test('the lines of a record that was merged into it are counted with it', async t => {
    const other = newKey()
    const line = aLine(other, { at: timeOf(5000) })
    await db.collection(month).insertOne(toAuditDocument({ _id: newRowId(other), entry: line }) as Document)
    commands.length = 0
    t.equal(await count({ also: [other] }), places.filter(place => !isHidden(place)).length + 1)
    t.ok((await examined()).docs <= burst.lines + 7)
    commands.length = 0
    t.equal((await find({ ...treatingSees, also: [other] })).length, 20)
    t.ok((await examined()).docs <= 2 * (21 + 7), 'a page of both reads as many lines of each')
    const together = places.filter(place => timeOf(place) === timeOf(5000) && !isHidden(place)).length
    const moment = { from: timeOf(5000), before: timeOf(5000) + 1 }
    t.equal((await find({ also: [other], at: [moment] })).length, together + 1)
  })
})
