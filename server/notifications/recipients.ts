/** Whom a notice goes to, in which language and by which ways. Nothing leaves the record that its patient did not choose. */
import { objectOf, textOf } from '../../resources/json-value.ts'
import type { Resource } from '../../resources/resource.ts'
import { systemTokenKey } from '../../search/key.ts'
import { key } from '../../search/query.ts'
import { stands } from '../../security/block-ends.ts'
import { holdsAt } from '../../security/calendar.ts'
import { conceptCodings, objectsOf } from '../../security/elements.ts'
import { granted } from '../../security/entry.ts'
import type { Facts } from '../../security/facts.ts'
import { notificationChoiceOf } from '../../security/notification-choice.ts'
import { isDeniedAll } from '../../security/part-rows.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import type { Found, Store } from '../store/store.ts'
import type { Channel, Language } from './message.ts'
import { emailIn, mobileIn } from './telecom.ts'
import { languageOf } from './texts.ts'

/** One way to somebody. */
export interface Way {
  readonly by: Channel['name']
  readonly to: string
}

export interface Recipient {
  /** `patient`, or `rpps:…`. */
  readonly name: string
  readonly language: Language
  readonly ways: readonly Way[]
}

/** The record of a notice, and those who are told. */
export interface Told {
  /** FHIR id of the Patient. */
  readonly patient: string
  readonly recipients: readonly Recipient[]
}

const resourceOf = ({ json }: Found): Resource => JSON.parse(Buffer.from(json).toString('utf8'))

const tagsOf = (concept: unknown): readonly string[] => conceptCodings(concept).flatMap(({ code }) => code ?? [])

/** The languages in which somebody is spoken to, the preferred one first. */
function patientLanguage(patient: Resource): Language {
  const spoken = objectsOf(patient.communication)
  const preferred = spoken.filter(({ preferred }) => preferred === true)
  const tags = [...preferred, ...spoken].flatMap(({ language }) => tagsOf(language))
  return languageOf([...tags, textOf(patient.language) ?? ''])
}

const practitionerLanguage = (practitioner: Resource): Language =>
  languageOf(
    (Array.isArray(practitioner.communication) ? practitioner.communication : []).flatMap(each =>
      tagsOf(objectOf(each)),
    ),
  )

/** The way of a channel to the patient; undefined where the Patient names none. */
const patientWays: Readonly<Record<Channel['name'], (patient: Resource, now: number) => string | undefined>> = {
  email: emailIn,
  sms: mobileIn,
  webhook: ({ id }) => `Patient/${id ?? ''}`,
}

/**
 * What a minor keeps from his representatives stays in the record: his address may be theirs. Of a closed record nothing
 * leaves but that it was opened in an emergency before: its holder died, or wants none.
 */
const staysInside = (open: boolean, { secret, topic }: NoticeRow): boolean =>
  secret || !(open || topic === 'emergency-access')

function ofPatient(patient: Resource, now: number, inside: boolean): Recipient {
  const channels = inside ? [] : notificationChoiceOf(patient).channels
  const ways = channels.flatMap((by): Way[] => {
    const to = patientWays[by](patient, now)
    return to === undefined ? [] : [{ by, to }]
  })
  return { name: 'patient', language: patientLanguage(patient), ways }
}

const rppsSystem = 'https://rpps.esante.gouv.fr'

async function ofPractitioner(store: Pick<Store, 'page'>, actor: string, now: number): Promise<Recipient> {
  const [row] = await store.page({
    restriction: systemRestriction('jobs', { collection: 'directory' }),
    type: 'Practitioner',
    query: key(systemTokenKey('identifier', rppsSystem, actor.replace('rpps:', ''))),
    order: { by: '_id', descending: false },
    limit: 1,
  })
  const practitioner = row === undefined ? undefined : resourceOf(row)
  if (practitioner === undefined) return { name: actor, language: 'fr', ways: [] }
  const email = emailIn(practitioner, now)
  const ways: readonly Way[] = email === undefined ? [] : [{ by: 'email', to: email }]
  return { name: actor, language: practitionerLanguage(practitioner), ways }
}

/** The médecins traitants of now, and those with their rights, whom the patient neither blocked nor denies everything for care. */
function treatingActors(facts: Facts, now: number): readonly string[] {
  const grants = [...facts.treating, ...(facts.administrators ?? [])].filter(
    grant => holdsAt(grant, now) && stands(facts, grant, { person: grant.actor, now }),
  )
  const isShutOut = (actor: string): boolean =>
    granted(facts.blocked, [actor], now) || isDeniedAll(facts, { actors: [actor], mode: 'normal', now })
  return [...new Set(grants.map(({ actor }) => actor))].filter(actor => actor.startsWith('rpps:') && !isShutOut(actor))
}

/** Those who treat the patient, but for the one whose access it was. */
function treatingOf(store: Pick<Store, 'page'>, { facts, agent }: { facts: Facts; agent: string | null }, now: number) {
  const others = treatingActors(facts, now).filter(actor => actor !== agent)
  return Promise.all(others.map(actor => ofPractitioner(store, actor, now)))
}

/** @returns who is told of a notice; undefined when its record is no more. */
export async function recipientsOf(
  store: Pick<Store, 'row' | 'facts' | 'page'>,
  notice: NoticeRow,
  now: number,
): Promise<Told | undefined> {
  const extent = { collection: 'record', patient: notice.patient } as const
  const row = await store.row(systemRestriction('jobs', extent), 'Patient', notice.patient)
  const facts = row === undefined ? undefined : await store.facts(notice.patient)
  if (row === undefined) return undefined
  if (notice.to === 'treating') {
    const recipients = facts === undefined ? [] : await treatingOf(store, { facts, agent: notice.agent }, now)
    return { patient: row.id, recipients }
  }
  const patient = resourceOf(row)
  const open = facts?.open ?? patient.active !== false // other regimes keep no facts
  return { patient: row.id, recipients: [ofPatient(patient, now, staysInside(open, notice))] }
}
