/**
 * The leak grid: everybody who may ask, every way of asking, everything there is to see. What comes out is compared with an
 * oracle that knows the law and nothing of the product.
 */
import t from 'tap'
import { gp, patientOf } from '../access/support/cast.ts'
import { startStage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'
import { everybody, type GridActor } from './actors.ts'
import { type Asked, type Door, doors } from './doors.ts'
import { build, type GridObject, type GridRecord, recordKinds } from './objects.ts'
import { sees } from './oracle.ts'

t.setTimeout(600_000) // tens of thousands of cells: a busy machine takes its time
const stage = await startStage(t, { RATE_LIMIT_PER_MINUTE: '10000000' })
const built = await Promise.all(recordKinds.map(kind => build(stage, kind)))
const actors = everybody(built.map(({ record }) => record))
const atOnce = 12

/** An ordinary document that refers to all others: who does not see it does not get by it to them. */
const pointerOf = ({ kind }: GridRecord): GridObject => ({
  ...{ record: kind, name: 'pointer', type: { system: 'http://loinc.org', code: '11488-4' }, traits: [] },
  ...{ id: '', binary: '', number: '' },
})

const expects = (door: Door, who: GridActor, { record, object }: { record: GridRecord; object: GridObject }): boolean =>
  sees(who, object) && (door.behindPointer !== true || sees(who, pointerOf(record)))

/** An own deposit would be deleted or changed by trying. */
const isOwn = ({ deposits, of }: GridActor, { by = 'hospital', record }: GridObject): boolean =>
  deposits === by && (of === undefined || of === record)

interface Cell {
  readonly door: Door
  readonly who: GridActor
  readonly at: (typeof built)[number]
}

const differences: string[] = []
let cells = 0

async function tryCell({ door, who, at: { record, objects } }: Cell): Promise<void> {
  const asked: Asked = { stage, actor: who.actor, record, objects }
  const differ = (object: string, found: unknown, expected: unknown): void => {
    differences.push(`${door.name}: ${who.name} / ${record.kind} / ${object}: ${found}, expected ${expected}`)
  }
  const { each, all } = door
  if (each !== undefined)
    for (const [place, object] of objects.entries()) {
      if (door.sampled === true && (place + actors.indexOf(who) + built.length) % 3 !== 0) continue
      if (door.changes === true && isOwn(who, object)) continue
      const expected = expects(door, who, { record, object })
      cells += 1
      try {
        const found = await each(asked, object)
        if (found !== expected) differ(object.name, found, expected)
      } catch (error) {
        differ(object.name, String(error).slice(0, 600), expected)
      }
    }
  if (all === undefined) return
  const shown = await all(asked)
  const expected = objects.filter(object => expects(door, who, { record, object }))
  cells += objects.length
  if (typeof shown === 'number') {
    if (shown !== expected.length) differ('their number', shown, expected.length)
    return
  }
  for (const object of objects)
    if (shown.has(object.id) !== expected.includes(object))
      differ(object.name, shown.has(object.id), !shown.has(object.id))
}

const allCells: readonly Cell[] = doors.flatMap(door => actors.flatMap(who => built.map(at => ({ door, who, at }))))

t.test('everybody, by every door, sees what the law says and nothing else', async t => {
  const left = [...allCells]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let cell = left.pop(); cell !== undefined; cell = left.pop()) await tryCell(cell)
    }),
  )
  t.comment(`${cells} cells: ${actors.length} actors, ${doors.length} doors, ${built.length} records`)
  t.ok(cells > 50_000, 'the grid is whole')
  if (differences.length > 0) t.comment(differences.join('\n'))
  t.same(differences.slice(0, 40), [])
  t.equal(differences.length, 0)
})

t.test('a link to a page is nobody else’s', async t => {
  const open = built.find(({ record }) => record.kind === 'open')
  if (open === undefined) throw new Error('no open record')
  const holder = patientOf(open.record)
  const first = await stage.get(holder, `DocumentReference?patient=${open.record.id}&_count=2`)
  const [next = ''] = select(first.json, '/link/[relation=next]/url').map(String)
  t.equal((await stage.get(holder, next)).status, 200)
  for (const { name, actor } of actors.filter(({ actor }) => actor.subject !== holder.subject)) {
    const answer = await stage.get(actor, next)
    t.ok([400, 403].includes(answer.status), `${name}: ${answer.status}`)
    t.notMatch(answer.bytes.toString(), open.record.id)
  }
  t.equal((await stage.get(gp, next)).status, 400)
})
