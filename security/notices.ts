/** What must be told of an access or a deposit, to whom, and when: so that nothing is told that a mask hides. `docs/decisions/0035-notices.md` */
import { depositorOf, personOf } from './actors.ts'
import type { Facts } from './facts.ts'
import { invisiblePatient, invisibleRepresentants } from './mask.ts'
import type { Principal, Professional } from './principal.ts'

/** The last is found by a job, the others by requests. */
export type Topic = 'first-access' | 'emergency-access' | 'access' | 'deposit' | 'unannounced-document'

/** What is to be told of a permitted access. */
export interface Told {
  readonly topic: 'first-access' | 'emergency-access' | 'access'
  /** Why the door opened: of an emergency, its mode. */
  readonly basis: string
  /** Who reads here for the first time (`rpps:…`), to be known from now on. */
  readonly newReader: string | null
  /** The record that was opened: an id may name it by the key of another that was merged into it. */
  readonly patient: string
  /** Of a minor's secret connection nobody hears but the patient, in the record. */
  readonly secret: boolean
}

/** One thing that must be told. Instants are milliseconds since 1970. */
export interface Notice {
  /** Where the same thing may be said twice, the name under which it is said once. */
  readonly once?: string
  readonly patient: string
  readonly topic: Topic
  readonly to: 'patient' | 'treating'
  /** When it happened. */
  readonly at: number
  /** When it may be told: an access to what is hidden from the patient is told when that is shown. */
  readonly due: number
  /** Whether legal representatives must not learn of it: it stays in the record, hidden from them. */
  readonly secret: boolean
  /** Until when the patient must not find it in the record, though another is told; null when he may. */
  readonly hiddenUntil: number | null
  /** The professional whom it is about. */
  readonly agent: string | null
  /** Ids of what was deposited. */
  readonly about: readonly string[]
  /** What it waits for (`Type/id`): when the first of them is shown, it is told. Absent where it does not wait. */
  readonly waitsFor?: readonly string[]
}

const emergencies: ReadonlySet<string> = new Set(['bris_de_glace', 'centre_15'])

/** Doors into the record; who reads what he deposited, or a consent that names him, has opened none. */
const doors: ReadonlySet<string> = new Set([...emergencies, 'treating', 'administrator', 'authorised', 'care team'])

/**
 * @param basis why the door opened. @returns what must be told of this access; undefined for a known reader of whose
 * accesses the patient did not ask to hear, which is most of them.
 */
export function toldOf(reader: Professional, facts: Facts, basis: string): Told | undefined {
  if (!doors.has(basis)) return undefined
  const agent = personOf(reader) ?? depositorOf(reader)
  const isKnown = facts.readers?.includes(agent) === true
  const isEmergency = emergencies.has(basis)
  const isAsked = facts.tells?.includes('access') === true
  if (isKnown && !isEmergency && !isAsked) return undefined
  // Who hears of each access hears of the first one with it.
  const topic = isEmergency ? 'emergency-access' : isAsked ? 'access' : 'first-access'
  return { topic, basis, newReader: isKnown ? null : agent, patient: facts.patient, secret: reader.secret }
}

/** How what was read or deposited is hidden. */
interface Labels {
  readonly type: string
  /** The FHIR id. */
  readonly id: string
  readonly mask: number
  readonly hiddenUntil: number | null
}

const isHidden = ({ mask, hiddenUntil }: Pick<Labels, 'mask' | 'hiddenUntil'>, now: number): boolean =>
  (mask & invisiblePatient) !== 0 && (hiddenUntil ?? Number.POSITIVE_INFINITY) > now

const isSecret = ({ mask }: Pick<Labels, 'mask'>): boolean => (mask & invisibleRepresentants) !== 0

/** When the first of them is shown to the patient; `now` when one is, or there are none. */
function shownAt(targets: readonly Labels[], now: number): number {
  if (targets.length === 0 || targets.some(target => !isHidden(target, now))) return now
  return Math.min(...targets.map(({ hiddenUntil }) => hiddenUntil ?? now))
}

/** What a notice waits for, where it waits. */
const waiting = (targets: readonly Labels[], at: { readonly due: number; readonly now: number }) =>
  at.due > at.now ? { waitsFor: targets.map(({ type, id }) => `${type}/${id}`) } : {}

const hour = 3_600_000

/** The name under which an access is told once: the first one, and the emergency of an hour. Each of the others is told. */
function nameOf(told: Told, at: { readonly patient: string; readonly agent: string; readonly now: number }) {
  const { topic, basis, newReader } = told
  if (topic === 'emergency-access') return `${at.patient}-${basis}-${at.agent}-${Math.floor(at.now / hour)}`
  return topic === 'first-access' && newReader !== null ? `${at.patient}-first-${newReader}` : undefined
}

/** What must be told of an access, and who is known to read here from now on, because it is told openly and at once. */
export interface Telling {
  readonly newReader: string | null
  readonly notices: readonly Notice[]
}

/** What an access tells: the patient, and of an emergency the médecin traitant too. */
export function accessNotices(
  told: Told,
  at: {
    readonly patient: string
    readonly agent: string
    readonly targets: readonly Labels[]
    readonly now: number
  },
): Telling {
  const { patient, agent, targets, now } = at
  const { topic, newReader } = told
  const due = shownAt(targets, now)
  const secret = told.secret || (targets.length > 0 && targets.every(isSecret))
  const common = { patient, topic, at: now, secret, agent, about: [] }
  // What is told later or to fewer takes no place of what is told at once to all.
  const apart = `${due > now ? `-${due}` : ''}${secret ? '-secret' : ''}`
  const name = nameOf(told, at)
  const once = (to: string) => (name === undefined ? {} : { once: `${name}${apart}${to}` })
  const own: Notice = {
    ...common,
    ...once(''),
    ...waiting(targets, { due, now }),
    to: 'patient',
    due,
    hiddenUntil: null,
  }
  const known = due > now || secret ? null : newReader
  if (topic !== 'emergency-access') return { newReader: known, notices: [own] }
  const hidden = due > now ? due : null
  const other: Notice = { ...common, ...once('-treating'), to: 'treating', due: now, hiddenUntil: hidden }
  return { newReader: known, notices: [own, other] }
}

/** A deposited document as it is labelled. */
export interface Deposited extends Labels {
  readonly _id: string
}

/** What a deposit tells a patient who asked for it; his own he knows. What is hidden from him is told when it is shown. */
export function depositNotices(
  depositor: Principal,
  facts: Facts | undefined,
  at: { readonly patient: string; readonly documents: readonly Deposited[]; readonly now: number },
): readonly Notice[] {
  const { patient, documents, now } = at
  if (facts?.tells?.includes('deposit') !== true || depositor.kind === 'patient') return []
  const groups = new Map<string, Deposited[]>()
  for (const document of documents) {
    const name = `${shownAt([document], now)} ${isSecret(document)}`
    groups.set(name, [...(groups.get(name) ?? []), document])
  }
  return [...groups.values()].map(group => ({
    ...{ patient, topic: 'deposit', to: 'patient', at: now, due: shownAt(group, now) },
    ...{ secret: group.some(isSecret), hiddenUntil: null, agent: depositorOf(depositor) },
    about: group.map(({ _id }) => _id),
    ...waiting(group, { due: shownAt(group, now), now }),
  }))
}
