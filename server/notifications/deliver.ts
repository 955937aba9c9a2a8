/** Delivers one notice: into the record first, then by every way that its recipients chose and the operator opened. */
import type { MongoStore } from '../store/mongo-store.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import { Unavailable } from '../store/unavailable.ts'
import type { Channels } from './channels.ts'
import { type Composing, type InRecord, unitOf } from './communication.ts'
import { Undeliverable } from './message.ts'
import type { Way } from './recipients.ts'
import { recipientsOf } from './recipients.ts'
import { stillThere } from './still-there.ts'
import { wordsOf } from './texts.ts'

export interface Delivering {
  readonly context: Composing & { readonly store: MongoStore }
  readonly channels: Channels
}

/** The turn was lost to another server: it goes on from what is noted. */
export class TurnLost extends Error {
  override readonly name = 'TurnLost'
}

/** Once written, it is there: whoever comes second is overtaken by himself. */
async function intoRecord({ context }: Delivering, told: InRecord): Promise<void> {
  await context.store.commit(unitOf(context, told))
}

/**
 * @returns the id under which a message leaves the record: the same for every attempt, and a digest, since the name of a
 * notice has its record and the professional whose access it tells.
 */
export const messageId = ({ registryKey }: Pick<Composing, 'registryKey'>, notice: string, step: string): string =>
  registryKey('notice', notice, step)

async function byWay({ context, channels }: Delivering, told: InRecord, { by, to }: Way): Promise<void> {
  const { notice, recipient } = told
  const { _id, topic, to: audience, at } = notice
  const words = wordsOf({ topic, to: audience, at: at.getTime() }, { ...recipient, zone: context.zone })
  const id = messageId(context, _id, `${by} ${recipient.name}`)
  await channels.get(by)?.deliver({ id, to, topic, ...words })
}

interface Step {
  /** Under which it is noted that this step is done. */
  readonly name: string
  /** Whether it leaves the record. */
  readonly leaves: boolean
  readonly perform: () => Promise<void>
}

const stepsOf = (delivering: Delivering, told: InRecord): readonly Step[] => [
  { name: `record ${told.recipient.name}`, leaves: false, perform: () => intoRecord(delivering, told) },
  ...told.recipient.ways
    .filter(({ by }) => delivering.channels.has(by))
    .map(way => ({
      ...{ name: `${way.by} ${told.recipient.name}`, leaves: true },
      perform: () => byWay(delivering, told, way),
    })),
]

/** Whether nothing that follows can be done either: the turn is lost, or the database cannot answer. */
export const endsAll = (error: unknown): boolean => error instanceof TurnLost || error instanceof Unavailable

/** Of several failures the one after which the notice is tried again, where there is one. */
const worthTrying = (failures: readonly unknown[]): unknown =>
  failures.find(failure => !(failure instanceof Undeliverable)) ?? failures[0]

/**
 * Performs what is not noted as done. A notice whose record, or whose deposit, is no more goes to nobody. What fails keeps
 * nobody else from being told: who has a dead mailbox still gets a short message, and another recipient his own. Rejects, when
 * all were tried, with what failed.
 * @param turn `keep` prolongs it before each step; false ends the delivery with `TurnLost`. While a notice before this one rests
 * nothing of it `leaves` the record, in which it stands at once.
 */
export async function deliver(
  delivering: Delivering,
  notice: NoticeRow,
  { keep, leaves }: { readonly keep: () => Promise<boolean>; readonly leaves: boolean },
): Promise<void> {
  const { store, now } = delivering.context
  const told = await recipientsOf(store, notice, now())
  const there = told && (await stillThere(store, notice, now()))
  if (told === undefined || there === undefined) return
  const { patient, recipients } = told
  const steps = recipients.flatMap(recipient => stepsOf(delivering, { notice, recipient, patient, ...there }))
  const failures: unknown[] = []
  for (const { name, perform, ...step } of steps) {
    if (notice.sent.includes(name) || (step.leaves && !leaves)) continue
    if (!(await keep())) throw new TurnLost()
    try {
      await perform()
      await store.outbox.sent(notice, name)
    } catch (error) {
      if (endsAll(error)) throw error
      failures.push(error)
    }
  }
  if (failures.length > 0) throw worthTrying(failures)
}
