/** A notice as a Communication in the record: what its patient always finds, whatever leaves the record. https://hl7.org/fhir/R4/communication.html */
import { hash } from 'node:crypto'
import { crockford } from '../../resources/ids.ts'
import type { Resource } from '../../resources/resource.ts'
import { actorKey } from '../../search/key.ts'
import { statusOf } from '../../search/status-of.ts'
import type { AuditAgent, AuditEntry } from '../../security/audit-entry.ts'
import { invisiblePatient, invisibleRepresentants, visibilitySystem } from '../../security/mask.ts'
import type { Context } from '../interactions/interaction.ts'
import type { NoticeRow } from '../store/notice-document.ts'
import type { Row, Unit } from '../store/store.ts'
import type { Recipient } from './recipients.ts'
import { wordsOf } from './texts.ts'

/** A notice for one recipient in the record of `patient` (FHIR id). */
export interface InRecord {
  readonly notice: NoticeRow
  readonly recipient: Recipient
  readonly patient: string
  /** The document whose masks it takes, as they change: who may not find that document learns nothing of its deposit. */
  readonly follows: readonly string[]
}

/** Characters of 5 bits of a digest: the same notice to the same recipient has the same id, and is written once. */
const digestText = (text: string): string =>
  [...hash('sha256', text, 'buffer').subarray(0, 16)].map(byte => crockford[byte & 31]).join('')

/** The instant of a ULID, so that ids stand in the order of what they tell. */
function timeText(instant: number): string {
  let characters = ''
  for (let rest = instant, place = 0; place < 10; place += 1, rest = Math.floor(rest / 32))
    characters = `${crockford[rest % 32]}${characters}`
  return characters
}

const rowId = ({ notice, recipient }: InRecord): string =>
  `${notice.patient}-${timeText(notice.order.getTime())}${digestText(`${notice._id} ${recipient.name}`)}`

const maskOf = ({ secret, hiddenUntil }: NoticeRow): number =>
  (secret ? invisibleRepresentants : 0) | (hiddenUntil === null ? 0 : invisiblePatient)

const labels: readonly (readonly [bit: number, code: string])[] = [
  [invisiblePatient, 'INVISIBLE_PATIENT'],
  [invisibleRepresentants, 'INVISIBLE_REPRESENTANTS_LEGAUX'],
]

const securityOf = (mask: number): object => {
  const security = labels.filter(([bit]) => (mask & bit) !== 0).map(([, code]) => ({ system: visibilitySystem, code }))
  return security.length === 0 ? {} : { security }
}

const recipientOf = ({ recipient, patient }: InRecord): object =>
  recipient.name === 'patient'
    ? { reference: `Patient/${patient}` }
    : {
        type: 'Practitioner',
        identifier: { system: 'https://rpps.esante.gouv.fr', value: recipient.name.replace('rpps:', '') },
      }

/** @returns the Communication; it names what happened by a code of ours, and nothing of what was seen. */
function communicationOf(told: InRecord, { now, zone }: { readonly now: number; readonly zone: string }): Resource {
  const { notice, recipient, patient } = told
  const { topic, to } = notice
  const { language, subject, text } = wordsOf({ topic, to, at: notice.at.getTime() }, { ...recipient, zone })
  const sent = new Date(now).toISOString()
  return {
    resourceType: 'Communication',
    id: rowId(told),
    meta: { versionId: '1', lastUpdated: sent, ...securityOf(maskOf(notice)) },
    language,
    status: 'completed',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' },
          { system: 'https://dossier.example/fhir/CodeSystem/notice', code: topic },
        ],
      },
    ],
    subject: { reference: `Patient/${patient}` },
    topic: { text: subject },
    sent,
    recipient: [recipientOf(told)],
    payload: [{ contentString: text }],
  }
}

const own = (base: string): AuditAgent => ({
  ...{ kind: 'server', subject: 'notifications', issuer: base, client: null, rpps: null, structure: null },
  ...{ profession: null, role: null, mode: null, reason: null },
})

function lineOf(row: Row, notice: NoticeRow, { base, regime }: Pick<Context, 'base' | 'regime'>): AuditEntry {
  const { type, id, version, documentType, mask, hiddenUntil } = row
  return {
    ...{ at: row.updated, patient: row.patient, interaction: 'create', type, outcome: 'success', status: 201 },
    ...{ failed: null, basis: 'notification', query: null, policy: regime.policy(row.updated) },
    targets: [{ type, id, version, documentType, mask, hiddenUntil }],
    agent: own(base),
    request: `notice-${notice._id}`,
  }
}

export type Composing = Pick<
  Context,
  'now' | 'zone' | 'base' | 'regime' | 'index' | 'canonicalDate' | 'newTie' | 'registryKey'
>

/** @returns the unit that writes the Communication and its line of the trail; a second one of the same notice is overtaken. */
export function unitOf(context: Composing, told: InRecord): Unit {
  const { notice, recipient, follows } = told
  const now = context.now()
  const resource = communicationOf(told, { now, zone: context.zone })
  const search = context.index(resource)
  const mask = maskOf(notice)
  const row: Row = {
    ...{ _id: rowId(told), id: rowId(told), patient: notice.patient, type: 'Communication', version: 1, updated: now },
    ...{ documentType: 'notice', status: statusOf(resource), depositor: null, follows, blobs: [] },
    ...{ mask, ownMask: mask, consentMask: 0, hiddenUntil: notice.hiddenUntil?.getTime() ?? null },
    date: context.canonicalDate(resource, now),
    tie: context.newTie(),
    search: recipient.name === 'patient' ? search : { ...search, token: [...search.token, actorKey(recipient.name)] },
    json: Buffer.from(JSON.stringify(resource)),
  }
  const writes = [{ collection: 'record', row, expected: 0, deletes: false } as const]
  return { writes, claims: [], releases: [], audit: [lineOf(row, notice, context)], outbox: [] }
}
