/** The trail as FHIR: an AuditEvent in the shape of IHE BALP, rendered from one stored line. https://hl7.org/fhir/R4/auditevent.html */
import type { Coding, Resource } from '../resources/resource.ts'
import { entitiesOf } from './audit-entities.ts'
import type { AuditAgent, AuditEntry, ShownEntry } from './audit-entry.ts'
import { type AuditPattern, auditPatterns } from './audit-profiles.ts'

/** What the server knows of itself. */
export interface AuditOptions {
  /** The base of the FHIR server, without a final slash: who observed. */
  readonly base: string
}

/** Roles of those who take charge of a patient. */
export const roleSystem = 'https://mos.esante.gouv.fr/NOS/TRE_R85-RolePriseCharge/FHIR/TRE-R85-RolePriseCharge'

type Element = Readonly<Record<string, unknown>>

export const restSystem = 'http://hl7.org/fhir/restful-interaction'
const profileBase = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

/** What a caller reads about each outcome; the true reason of a refusal may tell of a record, and stays in the trail. */
export const outcomes: Readonly<Record<AuditEntry['outcome'], { readonly code: string; readonly text: string }>> = {
  success: { code: '0', text: 'The request was answered' },
  refused: { code: '4', text: 'The request was refused' },
  failed: { code: '8', text: 'The request could not be answered' },
}

/** Why professionals look: v3-ActReason for each mode of access. */
const purposes: ReadonlyMap<string | null, Coding> = new Map([
  ['normal', { system: actReason, code: 'TREAT', display: 'treatment' }],
  ['bris_de_glace', { system: actReason, code: 'BTG', display: 'break the glass' }],
  ['centre_15', { system: actReason, code: 'ETREAT', display: 'Emergency Treatment' }],
])

const rpps = (value: string): Element => ({ system: 'https://rpps.esante.gouv.fr', value })
const finess = (value: string): Element => ({ system: 'https://finess.esante.gouv.fr', value })

/** A person by RPPS, a structure by FINESS, anybody else by the subject that the issuer of the token knows. */
function identifierOf({ kind, rpps: person, structure, issuer, subject }: AuditAgent): Element {
  if (person !== null) return rpps(person)
  return kind === 'structure' && structure !== null ? finess(structure) : { system: issuer, value: subject }
}

const roleTexts = ({ kind, role }: AuditAgent): readonly Element[] => [
  { text: kind },
  ...(role === null
    ? []
    : [
        {
          coding: [{ system: roleSystem, code: role }],
        },
      ]),
]

function professionOf({ profession }: AuditAgent): readonly Element[] {
  if (profession === null) return []
  const [system, code] = profession.split('|')
  return [{ coding: [{ system, code }] }]
}

/** How a purpose is worded: the reason that an emergency token gives stands beside its code. */
function purposeOf({ mode, reason }: AuditAgent): readonly Element[] {
  const coding = purposes.get(mode)
  return coding === undefined ? [] : [{ coding: [coding], ...(reason === null ? {} : { text: reason }) }]
}

const withPurpose = (name: string, agent: AuditAgent): Element => {
  const purpose = purposeOf(agent)
  return purpose.length === 0 ? {} : { [name]: purpose }
}

const userOf = (agent: AuditAgent, { user }: AuditPattern): Element => ({
  type: { coding: [user] },
  role: [...roleTexts(agent), ...professionOf(agent)],
  who: { identifier: identifierOf(agent) },
  requestor: true,
  ...withPurpose('purposeOfUse', agent),
})

/** The structure in which a professional acted. */
const structureOf = ({ kind, structure }: AuditAgent): readonly Element[] =>
  kind !== 'professional' || structure === null
    ? []
    : [
        {
          role: [{ text: 'structure' }],
          who: { type: 'Organization', identifier: finess(structure) },
          requestor: false,
        },
      ]

/** The trail keeps no network address of a client: BALP asks for the element, and FHIR for the word that it is not known. */
const unknownNetwork = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
}

const clientOf = ({ client, issuer }: AuditAgent, { client: part }: AuditPattern): Element => ({
  type: { coding: [part] },
  who: { identifier: client === null ? { value: 'unknown' } : { system: issuer, value: client } },
  requestor: false,
  network: unknownNetwork,
})

const serverOf = (base: string, { server: part }: AuditPattern): Element => ({
  type: { coding: [part] },
  who: { identifier: { value: base } },
  requestor: false,
  network: { address: base, type: '5' },
})

/** Only what succeeded, and holds what the profile asks for, claims it. */
function profileOf(entry: ShownEntry, { profile }: AuditPattern): readonly string[] {
  const isWhole = profile === 'Query' ? Boolean(entry.query) : entry.targets.length === 1
  if (profile === undefined || entry.outcome !== 'success' || !isWhole) return []
  return [`${profileBase}${entry.patient === null ? '' : 'Patient'}${profile}`]
}

/**
 * Renders a stored line. Holds identifiers, never content: of a refusal only that it was refused.
 * @param entry the line with its id; targets that the caller may not see are already left out, and a status that may tell of them.
 */
export function toAuditEvent(entry: ShownEntry & { readonly _id: string }, { base }: AuditOptions): Resource {
  const pattern = auditPatterns[entry.interaction]
  const profile = profileOf(entry, pattern)
  const { code, text } = outcomes[entry.outcome]
  const recorded = new Date(entry.at).toISOString()
  const { agent } = entry
  return {
    resourceType: 'AuditEvent',
    id: entry._id,
    meta: { versionId: '1', lastUpdated: recorded, ...(profile.length === 0 ? {} : { profile }) },
    type: {
      system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
      code: 'rest',
      display: 'Restful Operation',
    },
    subtype: [{ system: restSystem, code: entry.interaction, display: entry.interaction }],
    action: pattern.action,
    recorded,
    outcome: code,
    outcomeDesc: text,
    ...withPurpose('purposeOfEvent', agent),
    agent: [userOf(agent, pattern), ...structureOf(agent), clientOf(agent, pattern), serverOf(base, pattern)],
    source: { observer: { identifier: { value: base } }, type: [sourceType] },
    entity: entitiesOf(entry),
  }
}

const sourceType: Coding = {
  ...{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' },
  display: 'Application Server',
}
