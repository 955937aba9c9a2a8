/** Which profile of IHE BALP each interaction has, and who plays which part in it. https://profiles.ihe.net/ITI/BALP/ */
import type { Coding, Interaction } from '../resources/resource.ts'

/** How an interaction is told in an AuditEvent. */
export interface AuditPattern {
  /** The name in the profile's URL, after `Patient` where a record was touched; undefined where BALP has no profile. */
  readonly profile: 'Read' | 'Query' | 'Create' | 'Update' | 'Delete' | undefined
  /** http://hl7.org/fhir/audit-event-action */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  /** The parts of the client and of the server: where the data came from, and where it went. */
  readonly client: Coding
  readonly server: Coding
  /** The part of the person or system on whose behalf it happened. */
  readonly user: Coding
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM'
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

const source: Coding = { system: dicom, code: '110153', display: 'Source Role ID' }
const destination: Coding = { system: dicom, code: '110152', display: 'Destination Role ID' }
const application: Coding = { system: dicom, code: '110150', display: 'Application' }
const custodian: Coding = {
  ...{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'custodian' },
  display: 'Custodian',
}
const recipient: Coding = { system: participation, code: 'IRCP', display: 'information recipient' }
const author: Coding = { system: participation, code: 'AUT', display: 'author (originator)' }

const fetching = { client: destination, server: source, user: recipient }
const asking = { client: source, server: destination, user: recipient }
const sending = { client: source, server: destination, user: author }

/** One row per interaction. Bundles leave one event for each of their entries, and one of their own only when refused. */
export const auditPatterns: Readonly<Record<Interaction, AuditPattern>> = {
  read: { profile: 'Read', action: 'R', ...fetching },
  vread: { profile: 'Read', action: 'R', ...fetching },
  'history-instance': { profile: undefined, action: 'R', ...fetching },
  'history-type': { profile: undefined, action: 'E', ...asking },
  'history-system': { profile: undefined, action: 'E', ...asking },
  'search-type': { profile: 'Query', action: 'E', ...asking },
  'search-system': { profile: 'Query', action: 'E', ...asking },
  create: { profile: 'Create', action: 'C', ...sending },
  update: { profile: 'Update', action: 'U', ...sending },
  patch: { profile: 'Update', action: 'U', ...sending },
  delete: { profile: 'Delete', action: 'D', client: application, server: custodian, user: author },
  batch: { profile: undefined, action: 'E', ...sending },
  transaction: { profile: undefined, action: 'E', ...sending },
  operation: { profile: undefined, action: 'E', ...asking },
  capabilities: { profile: undefined, action: 'R', ...fetching },
}
