/** Long trails of records whose masks changed are counted in time, and as if every line were looked at by itself. `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { toAuditEvent } from '../../security/audit-event.ts'
import { trailConditions } from '../../server/interactions/trail-search.ts'
import { toAuditDocument } from '../../server/store/audit-document.ts'
import { monthOf } from '../../server/store/audit-months.ts'
import type { TrailRequest } from '../../server/store/store.ts'
import { select } from '../support/pointer.ts'
import { opened } from './opened.ts'
import { aLine, newKey, newRowId, noon, numbers } from './rows.ts'

t.setTimeout(600_000)

const everyMask = Array.from({ length: 8 }, (_, mask) => mask)
const usual = { at: [], agents: [], types: [], entities: [], descending: true, now: noon }
const patientSees = { ownAgent: null, visibleMasks: [0, 1, 4, 5], masksAfterHidden: [2, 3, 6, 7] }
const treatingSees = { ownAgent: null, visibleMasks: everyMask, masksAfterHidden: [] }
const professionalSees = { ownAgent: 'rpps:10003456789', visibleMasks: [0, 2], masksAfterHidden: [] }

interface Target {
  readonly type: string
  readonly id: string
  readonly mask: number
  readonly hiddenUntil: number | null
}

/** Every value of that name, however deep. */
function valuesOf(json: unknown, name: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(value, name)])
}

const longestIn = (json: unknown): number =>
  typeof json !== 'object' || json === null
    ? 0
    : Math.max(0, ...(Array.isArray(json) ? [json.length] : []), ...Object.values(json).map(longestIn))

t.test('a trail with changed masks', async t => {
  const commands: Document[] = []
  const { store, url, database } = await opened(t, {
    onCommand: (name, command) => void (name === 'aggregate' && commands.push(command)),
  })
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const db = client.db(database)
  await store.audit([aLine(null)]) // makes the month
  const month = monthOf(noon)
  await db.collection(month).createIndex({ patient: 1, at: -1 }, { name: 'trail' })

  /** Lines beside the chain: nothing here looks at it. */
  async function written(patient: string, lists: readonly (readonly [string, readonly Target[]])[]): Promise<void> {
    const documents = lists.map(([interaction, targets], place) => {
      const all = targets.map(target => ({ ...target, version: 1, documentType: '11490-0' }))
      const line = aLine(patient, { at: noon - place, targets: all, request: `r-${place}` })
      const entry = { ...line, interaction: interaction as typeof line.interaction }
      return toAuditDocument({ _id: newRowId(patient), entry })
    })
    for (let from = 0; from < documents.length; from += 5000)
      await db.collection(month).insertMany(documents.slice(from, from + 5000) as Document[])
  }

  async function changed(patient: string, targets: readonly Target[]): Promise<void> {
    const rows = targets.map(({ type, id, mask, hiddenUntil }) => ({
      ...{ _id: `${patient}/${type}/${id}`, patient, type, id, mask, masks: everyMask },
      hiddenUntil: hiddenUntil === null ? null : new Date(hiddenUntil),
    }))
    await db.collection<{ _id: string }>('target_mask').insertMany(rows)
  }

  t.test('is counted by types of entities as if each of its lines were rendered and looked at', async t => {
    const random = numbers(11)
    const any = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value
    const masked = () => ({ mask: any(everyMask), hiddenUntil: any([null, noon - 5, noon + 5]) })
    for (let times = 0; times < 12; times += 1) {
      const patient = newKey()
      const resources = Array.from({ length: 8 }, () => ({
        ...{ type: any(['DocumentReference', 'Observation']), id: newRowId(patient) },
      }))
      const target = (): Target => ({ ...any(resources), ...masked() })
      await written(
        patient,
        Array.from({ length: 60 }, () => [
          any(['read', 'operation', 'search-type', 'history-instance', 'transaction', 'create']),
          Array.from({ length: any([0, 1, 1, 1, 2, 3, 5]) }, target),
        ]),
      )
      await changed(
        patient,
        resources.filter(() => random() < 0.6).map(each => ({ ...each, ...masked() })),
      )
      for (const sees of [patientSees, treatingSees, professionalSees]) {
        const request: TrailRequest = { ...usual, ...sees, patient, limit: 100 }
        const lines = await store.trail.find(request)
        for (const code of ['2', 'DocumentReference', 'Observation', 'Patient'])
          for (const not of [false, true]) {
            const key = { op: 'key', in: [`entity-type=${code}`] } as const
            const asked = trailConditions(not ? { op: 'not', of: key } : key)
            if (!asked.ok) throw new Error('expected a search of the trail')
            const { nothing: _, ...conditions } = asked.value
            const has = (line: (typeof lines)[number]): boolean =>
              select(toAuditEvent(line, { base: '' }), '/entity/*/type/code').includes(code) !== not
            const found = await store.trail.find({ ...request, ...conditions })
            const about = `${code}, ${not ? 'not' : 'so'}, ${sees.visibleMasks}`
            t.same(
              found.map(({ _id }) => _id),
              lines.filter(has).map(({ _id }) => _id),
              about,
            )
            t.equal(await store.trail.count({ ...request, ...conditions }), found.length, about)
          }
        for (const { type, id } of resources) {
          const asked = { ...request, entities: [[`${type}/${id}`]] }
          const about = lines.filter(({ targets }) => targets.some(each => each.type === type && each.id === id))
          t.same(
            (await store.trail.find(asked)).map(({ _id }) => _id),
            about.map(({ _id }) => _id),
          )
          t.equal(await store.trail.count(asked), about.length)
        }
      }
    }
  })

  t.test('of 60,000 lines and 5,000 masks is counted within the time of a read, by its index', async t => {
    const patient = newKey()
    const ids = Array.from({ length: 10_000 }, () => newRowId(patient))
    const open = (place: number): Target => ({
      ...{ type: 'DocumentReference', id: ids[place % ids.length] ?? '', mask: 0, hiddenUntil: null },
    })
    await written(
      patient,
      Array.from({ length: 60_000 }, (_, place) => {
        if (place % 20 === 0) return ['search-type', Array.from({ length: 10 }, (_, more) => open(place * 7 + more))]
        if (place % 100 === 1)
          return ['operation', Array.from({ length: 20 }, (_, more) => open(place * 7 + more * 501))]
        return ['read', [open(place)]]
      }),
    )
    // Every other one of the first half is hidden: 5,000 are changed.
    await changed(
      patient,
      Array.from({ length: 5000 }, (_, place) => ({ ...open(place), mask: place % 2 === 0 ? 2 : 0 })),
    )
    const request: TrailRequest = { ...usual, ...patientSees, patient, limit: 20 }
    const told = (code: string, not = false): Partial<TrailRequest> => {
      const key = { op: 'key', in: [`entity-type=${code}`] } as const
      const asked = trailConditions(not ? { op: 'not', of: key } : key)
      if (!asked.ok) throw new Error('expected a search of the trail')
      const { nothing: _, ...conditions } = asked.value
      return conditions
    }
    commands.length = 0
    /** Asked again where the machine was busy: what cannot be counted in time never is. */
    async function inTime<Value>(ask: () => Promise<Value>): Promise<Value> {
      for (let tries = 1; ; tries += 1) {
        try {
          const begun = performance.now()
          const answer = await ask()
          t.comment(`${Math.round(performance.now() - begun)} ms`)
          return answer
        } catch (error) {
          if (tries === 10) throw error
        }
      }
    }
    const count = (changes: Partial<TrailRequest>) => inTime(() => store.trail.count({ ...request, ...changes }))
    const all = await count({})
    const [objects, types, without] = [
      await count(told('2')),
      await count(told('DocumentReference')),
      await count(told('2', true)),
    ]
    t.equal(objects + without, all)
    t.ok(types >= 3000 && types < all, `${types} of several`)
    t.ok(all > 40_000 && all < 60_000, `${all} are seen`)
    t.equal((await inTime(() => store.trail.find({ ...request, ...told('DocumentReference') }))).length, 20)
    t.equal((await inTime(() => store.trail.find({ ...request, ...told('2', true) }))).length, Math.min(20, without))
    t.equal(await count({ entities: [[`DocumentReference/${ids[0]}`]] }), 0, 'of what is hidden')
    t.ok((await count({ entities: [[`DocumentReference/${ids[1]}`]] })) > 0, 'of what is shown again')
    t.ok(commands.length > 5)
    for (const { aggregate, pipeline, hint } of commands.splice(0)) {
      t.ok(longestIn(valuesOf(pipeline, '$expr')) < 10, 'no list of masks is gone through for each target')
      const explained = { aggregate, pipeline, hint, cursor: {} }
      const plan = await db.command({ explain: explained, verbosity: 'executionStats' })
      t.ok(valuesOf(plan, 'stage').includes('IXSCAN') && !valuesOf(plan, 'stage').includes('COLLSCAN'))
      t.same(new Set(valuesOf(plan, 'indexName')), new Set(['trail']))
      t.ok(Math.max(...valuesOf(plan, 'totalDocsExamined').map(Number)) <= 60_000, 'each line is read once')
    }
  })
})
