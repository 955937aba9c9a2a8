/** The data that an access touched, as entities of an AuditEvent. https://hl7.org/fhir/R4/auditevent-definitions.html#AuditEvent.entity */
import type { Interaction } from '../resources/resource.ts'
import type { AuditTarget, ShownEntry } from './audit-entry.ts'

export const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
export const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role'

/** What is found by a query, and not named. */
export const finds: ReadonlySet<Interaction> = new Set([
  'search-type',
  'search-system',
  'history-type',
  'history-system',
])

type Entity = Readonly<Record<string, unknown>>

const patientOf = ({ patient }: ShownEntry): readonly Entity[] =>
  patient === null
    ? []
    : [
        {
          what: { reference: `Patient/${patient}` },
          type: { system: entityType, code: '1', display: 'Person' },
          role: { system: objectRole, code: '1', display: 'Patient' },
        },
      ]

/** The one object of a read or write. What a search found is told by its type, for BALP reads a system object there as the query. */
function dataOf({ targets, interaction }: ShownEntry): readonly Entity[] {
  const isOne = targets.length === 1 && !finds.has(interaction)
  return targets.map((target: AuditTarget) => ({
    what: { reference: `${target.type}/${target.id}${target.version === null ? '' : `/_history/${target.version}`}` },
    type: isOne
      ? { system: entityType, code: '2', display: 'System Object' }
      : { system: 'http://hl7.org/fhir/resource-types', code: target.type },
    role: { system: objectRole, code: '4', display: 'Domain Resource' },
  }))
}

/** The search as it was applied: readable in `description`, exact in `query`. */
const queryOf = ({ query, interaction }: ShownEntry): readonly Entity[] =>
  query === null && !finds.has(interaction)
    ? []
    : [
        {
          type: { system: entityType, code: '2', display: 'System Object' },
          role: { system: objectRole, code: '24', display: 'Query' },
          ...(query ? { description: query, query: Buffer.from(query).toString('base64') } : {}),
        },
      ]

const requestOf = ({ request }: ShownEntry): Entity => ({
  what: { identifier: { value: request } },
  type: {
    ...{ system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
    display: 'The X-Request-Id value in the http headers',
  },
})

/** What decided: the matrix in force, and why the door opened. */
function policyOf({ policy, basis, status }: ShownEntry): Entity {
  const details = Object.entries({ policy, basis, status: status === null ? null : String(status) })
  return {
    type: { system: entityType, code: '4', display: 'Other' },
    role: { system: objectRole, code: '13', display: 'Security Resource' },
    detail: details.flatMap(([type, valueString]) => (valueString === null ? [] : [{ type, valueString }])),
  }
}

/** The entities of an event: the patient, the data, the query, the request and the policy that decided. */
export const entitiesOf = (entry: ShownEntry): readonly Entity[] => [
  ...patientOf(entry),
  ...dataOf(entry),
  ...queryOf(entry),
  requestOf(entry),
  policyOf(entry),
]
