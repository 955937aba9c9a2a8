/** A line of the trail as a document, and the bytes that its hash covers. `access.md` section 8. */
import { createHash, hash } from 'node:crypto'
import { Binary, type Document } from 'mongodb'
import type { AuditAgent, AuditEntry, AuditTarget } from '../../security/audit-entry.ts'

/** A line with the id under which it is stored. */
export interface IdentifiedEntry {
  readonly _id: string
  readonly entry: AuditEntry
}

/** A write's line that its transaction stored, for the chain to link. */
export interface LinkedEntry {
  readonly _id: string
  /** Collection that holds it. */
  readonly month: string
  readonly digest: Buffer
}

const agentFields = [
  ...(['kind', 'subject', 'issuer', 'client', 'rpps', 'structure', 'profession', 'role', 'mode', 'reason'] as const),
] satisfies readonly (keyof AuditAgent)[]

function withoutNull(object: object): Document {
  const kept: Document = {}
  for (const [name, value] of Object.entries(object)) if (value !== null) kept[name] = value
  return kept
}

/** Written out, because a page names twenty. */
function targetDocument({ type, id, version, documentType, mask, hiddenUntil }: AuditTarget): Document {
  const target: Document = { type, id }
  if (version !== null) target.version = version
  target.documentType = documentType
  target.mask = mask
  if (hiddenUntil !== null) target.hiddenUntil = new Date(hiddenUntil)
  return target
}

/** The same agent is written with every line of his requests: frozen, the document is encoded once. */
const agents = new WeakMap<AuditAgent, Document>()

function agentDocument(agent: AuditAgent): Document {
  const document = agents.get(agent) ?? Object.freeze(withoutNull(agent))
  agents.set(agent, document)
  return document
}

/** @returns the document of a line; what is null is left out, but for the patient. */
export function toAuditDocument({ _id, entry }: IdentifiedEntry): Document {
  const { at, patient, interaction, type, outcome, status, failed, basis, query, targets, agent, policy, request } =
    entry
  const document: Document = { _id, patient, at: new Date(at), interaction, type, outcome, status }
  if (failed !== null) document.failed = failed
  if (basis !== null) document.basis = basis
  if (query !== null) document.query = query
  document.targets = targets.map(targetDocument)
  document.agent = agentDocument(agent)
  if (policy !== null) document.policy = policy
  document.request = request
  return document
}

const toAgent = (agent: Document): AuditAgent => {
  const fields = Object.fromEntries(agentFields.map(name => [name, agent[name] ?? null]))
  // The border: `toAuditDocument` wrote it.
  return { ...fields, ...(agent.secret === true ? { secret: true } : {}) } as unknown as AuditAgent
}

const toTarget = ({ type, id, version, documentType, mask, hiddenUntil }: Document): AuditTarget => ({
  ...{ type, id, documentType, mask },
  version: version ?? null,
  hiddenUntil: hiddenUntil instanceof Date ? hiddenUntil.getTime() : null,
})

/** @returns the line that a document holds. */
export const toAuditEntry = (document: Document): AuditEntry => ({
  at: document.at.getTime(),
  patient: document.patient ?? null,
  ...{ interaction: document.interaction, type: document.type, outcome: document.outcome, status: document.status },
  ...{ failed: document.failed ?? null, basis: document.basis ?? null, query: document.query ?? null },
  targets: document.targets.map(toTarget),
  agent: toAgent(document.agent),
  ...{ policy: document.policy ?? null, request: document.request },
})

/** Half of a character cannot be stored: it becomes U+FFFD before it is hashed, as it would in the database. */
const wellFormed = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? Buffer.from(value).toString() : value

const surrogate = /[\ud800-\udfff]/

/** Whether any text holds a character of two halves, or a half: hardly any does. */
function hasHalves(value: unknown): boolean {
  if (typeof value === 'string') return surrogate.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasHalves)
  for (const name in value) if (hasHalves(value[name as keyof typeof value])) return true
  return false
}

/** @returns the line as it will be read again: whole milliseconds, whole characters. */
export function storable(entry: AuditEntry): AuditEntry {
  const whole = { ...entry, at: Math.trunc(entry.at) }
  return hasHalves(whole) ? JSON.parse(JSON.stringify(whole), wellFormed) : whole
}

/** The bytes that are hashed: all but masks and their ends, which follow the masks of the targets as they change. */
export function canonicalBytes({ _id, entry }: IdentifiedEntry): Buffer {
  const targets = entry.targets.map(({ type, id, version, documentType }) => [type, id, version, documentType])
  const { secret } = entry.agent
  // What no line had before is in the bytes of those that have it: the others are hashed as they were.
  const agent = [...agentFields.map(name => entry.agent[name]), ...(secret === undefined ? [] : [secret])]
  const { at, patient, interaction, type, outcome, status, failed, basis, query, policy, request } = entry
  const fields = [_id, at, patient, interaction, type, outcome, status, failed, basis, query, targets, agent, policy]
  return Buffer.from(JSON.stringify([...fields, request]))
}

/** The bytes of a link: which lines of writes it takes into the chain. */
export const linkBytes = (_id: string, links: readonly LinkedEntry[]): Buffer =>
  Buffer.from(JSON.stringify([_id, links.map(link => [link._id, link.month, link.digest.toString('hex')])]))

/** SHA-256 of the parts in order. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return hash('sha256', only, 'buffer') // half the time
  const hashing = createHash('sha256')
  for (const part of parts) hashing.update(part)
  return hashing.digest()
}

export const linkDocument = (_id: string, at: Date, links: readonly LinkedEntry[]): Document => ({
  ...{ _id, patient: null, at },
  links: links.map(link => ({ ...link, digest: new Binary(link.digest) })),
})

/** @returns the lines that a link document takes into the chain. */
export const linksOf = ({ links }: Document): readonly LinkedEntry[] =>
  links.map((link: Document) => ({ ...link, digest: Buffer.from(link.digest.buffer) }))
