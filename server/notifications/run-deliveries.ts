/** The loop that delivers what the outbox holds: patient by patient, each in order, at one server at a time. */
import { randomUUID } from 'node:crypto'
import { keepTurn } from '../jobs/keep-turn.ts'
import { repeat } from '../jobs/repeat.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import type { OutboxTurn } from '../store/outbox.ts'
import { type Delivering, deliver, endsAll, TurnLost } from './deliver.ts'
import { Undeliverable } from './message.ts'

export interface Deliveries extends Delivering {
  /** How often a notice is tried before it is set aside. */
  readonly tries: number
  /** Is told of failures; a message of theirs may quote an address. */
  readonly onError: (error: unknown, what: 'delivery failed' | 'notice set aside' | 'outbox failed') => void
  readonly everyMillis?: number
}

export interface RunningDeliveries {
  /** Delivers what is due now, within bounds. @returns how many notices were done. */
  round(): Promise<number>
  /** Finishes the notice that is under way; nothing begins after it. */
  stop(): Promise<void>
}

/** Milliseconds. A server that died in the middle is followed after the first. */
const lease = 30_000
const heartbeat = lease / 3
const lookEvery = 1000
const keptFor = 7 * 24 * 3600 * 1000
/** An hidden document is looked for until it is shown, a month at most: so long it is known that it was told. */
const keptUnannounced = 45 * 24 * 3600 * 1000

/** Bounds of one round. */
const patientsAtOnce = 64
const noticesAtOnce = 32
const workers = 4

const hour = 3_600_000

/** 1, 4, 16 … seconds, an hour at most. */
export const restAfter = (tries: number): number => Math.min(hour, 1000 * 4 ** Math.min(tries, 10))

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

async function failed({ context, tries, onError }: Deliveries, notice: NoticeRow, error: unknown): Promise<boolean> {
  const { outbox } = context.store
  const now = context.now()
  const reason = nameOf(error)
  if (error instanceof Undeliverable || notice.tries + 1 >= tries) {
    onError(error, 'notice set aside')
    await outbox.setAside(notice, { now, reason })
    return true
  }
  onError(error, 'delivery failed')
  await outbox.again(notice, { due: now + restAfter(notice.tries), reason })
  return false
}

type Turn = () => OutboxTurn

/** Delivers within the turn: what `leaves` the record as well, or not. Rejects with what failed. */
async function attempt(
  deliveries: Deliveries,
  notice: NoticeRow,
  { turn, leaves }: { readonly turn: Turn; readonly leaves: boolean },
): Promise<void> {
  const keep = (): Promise<boolean> => deliveries.context.store.outbox.keep(turn())
  const work = () => deliver(deliveries, notice, { keep, leaves })
  // Lost in the middle of a step, it is known before the next.
  await keepTurn({ keep, lost: () => undefined, everyMillis: heartbeat }, work)
}

/** @returns whether the next notice of the patient may follow. */
async function deliverOne(deliveries: Deliveries, notice: NoticeRow, turn: Turn): Promise<boolean> {
  const { outbox } = deliveries.context.store
  try {
    await attempt(deliveries, notice, { turn, leaves: true })
  } catch (error) {
    if (endsAll(error)) throw error
    return failed(deliveries, notice, error)
  }
  const kept = notice.topic === 'unannounced-document' ? keptUnannounced : keptFor
  await outbox.done(notice, deliveries.context.now() + kept)
  return true
}

const isInRecord = ({ sent }: NoticeRow): boolean => sent.some(name => name.startsWith('record '))

/** What waits behind one that rests stands in the record meanwhile. What fails of it fails in its turn as well, and is told then. */
async function standInRecord(deliveries: Deliveries, notices: readonly NoticeRow[], turn: Turn): Promise<void> {
  for (const notice of notices) {
    if (isInRecord(notice)) continue
    await attempt(deliveries, notice, { turn, leaves: false }).catch(error => {
      if (endsAll(error)) throw error
    })
  }
}

interface Server {
  readonly holder: string
  readonly isEnding: () => boolean
}

/** Takes the turn of a patient and delivers what is due for him. @returns how many were done or set aside. */
async function serve(deliveries: Deliveries, patient: string, { holder, isEnding }: Server): Promise<number> {
  const { store, now } = deliveries.context
  const turn = (): OutboxTurn => ({ patient, holder, now: now(), until: now() + lease })
  if (!(await store.outbox.take(turn()))) return 0
  let done = 0
  try {
    const { ready, held } = await store.outbox.due(patient, now(), noticesAtOnce)
    for (const notice of ready) {
      if (isEnding() || !(await deliverOne(deliveries, notice, turn))) break
      done += 1
    }
    if (!isEnding()) await standInRecord(deliveries, [...ready.slice(done + 1), ...held], turn)
  } catch (error) {
    if (!(error instanceof TurnLost)) throw error
  }
  await store.outbox.release(turn())
  return done
}

/** Begins to deliver. */
export function startDeliveries(deliveries: Deliveries): RunningDeliveries {
  const { context, onError, everyMillis = lookEvery } = deliveries
  const holder = randomUUID()
  let ending = false
  const server = { holder, isEnding: () => ending }
  const round = async (): Promise<number> => {
    const patients = [...(await context.store.outbox.patients(context.now(), patientsAtOnce))]
    let done = 0
    const work = async (): Promise<void> => {
      for (let patient = patients.shift(); patient !== undefined && !ending; patient = patients.shift()) {
        const served = await serve(deliveries, patient, server)
        done += served
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
    return done
  }
  const looking = repeat(everyMillis, round, error => onError(error, 'outbox failed'))
  return {
    round,
    stop() {
      ending = true
      return looking.stop()
    },
  }
}
