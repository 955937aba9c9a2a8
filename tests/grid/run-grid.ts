/** The whole grid, on a server of its own. */
import { gp, patientOf } from '../access/support/cast.ts'
import { startStage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'
import { everybody, type GridActor } from './actors.ts'
import { tell } from './apart.ts'
import { asking, type Heard } from './asking.ts'
import { type Door, doors } from './doors.ts'
import { noticeDoors, noticesIn, reads } from './notices.ts'
import { build, type GridObject, type GridRecord, markerOf, markersIn, recordKinds } from './objects.ts'
import { sees } from './oracle.ts'

const endings: (() => Promise<void>)[] = []
const stage = await startStage(
  { teardown: ending => void endings.push(ending) },
  { RATE_LIMIT_PER_MINUTE: '10000000', MAX_HEAVY_REQUESTS_PER_CALLER: '0', NOTIFICATIONS: 'true' },
)
const built = await Promise.all(recordKinds.map(kind => build(stage, kind)))
const actors = everybody(built.map(({ record }) => record))
const objectsByMarker = new Map(built.flatMap(({ objects }) => objects.map(each => [markerOf(each), each] as const)))
const differences: string[] = []
const atOnce = 16
let [cells, requests] = [0, 0]

/** An ordinary document that refers to all others: who does not see it does not get by it to them. */
const pointerOf = ({ kind }: GridRecord): GridObject => ({
  ...{ record: kind, name: 'pointer', type: { system: 'http://loinc.org', code: '11488-4' }, traits: [] },
  ...{ id: '', binary: '', number: '' },
})

const opens = (door: Door, who: GridActor, object: GridObject, record: GridRecord): boolean =>
  (door.opens ?? sees)(who, object) && (door.behindPointer !== true || sees(who, pointerOf(record)))

/** An own deposit would be deleted or changed by trying. */
const isOwn = ({ deposits, of }: GridActor, { by = 'hospital', record }: GridObject): boolean =>
  deposits === by && (of === undefined || of === record)

interface Cell {
  readonly door: Door
  readonly who: GridActor
  readonly at: { readonly record: GridRecord; readonly objects: readonly GridObject[] }
}

/** What no answer holds, whatever was asked: what a hidden document says, and in a refusal an id that was not asked for. */
const listening =
  ({ door, who, at: { record } }: Cell) =>
  (asked: string, { status, text }: Heard): void => {
    requests += 1
    const shown = new Set(markersIn(text))
    for (const marker of shown) {
      const object = objectsByMarker.get(marker)
      if (object === undefined || !sees(who, object))
        differences.push(`${door.name}: ${who.name} / ${marker} came out of ${asked.slice(0, 200)}`)
    }
    if (door.name.startsWith('notices') && text.includes('DocumentReference/'))
      differences.push(`${door.name}: ${who.name} / a notice tells of a document: ${text.slice(0, 300)}`)
    if (status < 400) return
    for (const [id] of text.matchAll(new RegExp(`${record.id}-[0-9a-z]{26}`, 'g')))
      if (!asked.includes(id)) differences.push(`${door.name}: ${who.name} / refused with ${id}: ${text.slice(0, 200)}`)
  }

/** Who sees nothing at all of a record asks a fifth of the questions, or less; every other one asks others of them. */
const isFaint = ({ door, who, at: { objects } }: Cell): boolean =>
  !objects.some(
    object => (door.name.startsWith('notices') ? door.opens : undefined)?.(who, object) ?? sees(who, object),
  )

function askedAbout(cell: Cell): readonly GridObject[] {
  const { door, who, at } = cell
  if (door.except?.(who) === true) return []
  const turn =
    actors.indexOf(who) +
    7 * recordKinds.indexOf(at.record.kind) +
    Math.max(doors.indexOf(door), noticeDoors.indexOf(door))
  const faint = isFaint(cell) ? 5 : 1
  if (door.whole === true) return turn % faint === 0 ? at.objects : []
  if (faint > 1 && door.sampled !== undefined && turn % 2 === 0) return []
  const step = Math.max(door.sampled ?? 1, faint)
  const some = at.objects.filter((_, place) => (place + turn) % step === 0)
  return door.changes === true ? some.filter(object => !isOwn(who, object)) : some
}

async function tryCell(cell: Cell): Promise<void> {
  const { door, who, at } = cell
  const objects = askedAbout(cell)
  if (objects.length === 0) return
  cells += objects.length
  const differ = (object: string, found: unknown, expected: unknown): void => {
    differences.push(`${door.name}: ${who.name} / ${at.record.kind} / ${object}: ${found}, expected ${expected}`)
  }
  const expected = objects.filter(object => opens(door, who, object, at.record))
  try {
    const ask = asking(stage, who.actor, listening(cell))
    const shown = await door.shows({ ask, who, record: at.record }, objects)
    if (typeof shown === 'number') {
      if (shown !== expected.length) differ('their number', shown, expected.length)
      return
    }
    for (const object of objects)
      if (shown.has(object.id) !== expected.includes(object) && (shown.has(object.id) || door.orNothing !== true))
        differ(object.name, shown.has(object.id), !shown.has(object.id))
  } catch (error) {
    differ('all', String(error).slice(0, 600), 'an answer')
  }
}

async function inTurns<Work>(work: readonly Work[], perform: (each: Work) => Promise<void>): Promise<void> {
  const left = work.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const each of left) await perform(each)
    }),
  )
}

/** A link to a page is nobody else's. */
async function tryLinks(): Promise<void> {
  const open = built.find(({ record }) => record.kind === 'open')
  if (open === undefined) throw new Error('no open record')
  const holder = patientOf(open.record)
  const first = await stage.get(holder, `DocumentReference?patient=${open.record.id}&_count=2`)
  const [next = ''] = select(first.json, '/link/[relation=next]/url').map(String)
  const silent = (): void => undefined
  if ((await asking(stage, holder, silent)(`GET ${next}`)).status !== 200) differences.push('a link leads nowhere')
  for (const actor of [gp, ...actors.map(({ actor }) => actor)].filter(({ subject }) => subject !== holder.subject)) {
    const { status, text } = await asking(stage, actor, silent)(`GET ${next}`)
    if (![400, 403].includes(status) || text.includes(open.record.id))
      differences.push(`a link to a page: ${actor.subject}: ${status} ${text}`)
    cells += 1
  }
}

/** What was told stands in the record: for the patient, who represents him, and a médecin traitant to whom it is addressed. */
async function tryNotices(): Promise<void> {
  const told = await noticesIn(
    stage,
    built.map(({ record }) => record),
  )
  const all = noticeDoors.flatMap(door => actors.flatMap(who => told.map((at): Cell => ({ door, who, at }))))
  await inTurns(all, tryCell)
  for (const who of actors) {
    const own = told.find(({ record }) => record.kind === who.of && record.kind !== 'closed')
    if (who.kind === 'patient' && own?.objects.some(notice => reads(who, notice)) === false)
      differences.push(`notices: nothing for ${who.name}`)
  }
  const addressed = told.flatMap(({ objects }) => objects).filter(({ to }) => to !== 'patient')
  if (addressed.length === 0) differences.push('notices: none for a médecin traitant')
}

const everything = doors.flatMap(door => actors.flatMap(who => built.map((at): Cell => ({ door, who, at }))))
const began = process.cpuUsage()
await inTurns(everything, tryCell)
await tryLinks()
await tryNotices()
const { user, system } = process.cpuUsage(began)
for (const end of endings) await end()
const seconds = ((user + system) / 1e6).toFixed(0)
tell({
  sentence: `${cells} cells by ${requests} requests in ${seconds} s of CPU: ${actors.length} actors, ${doors.length + noticeDoors.length} doors, ${built.length} records`,
  ...{ cells, differences },
})
