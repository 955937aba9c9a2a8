/** The single exception of `access.md` section 3: a professional or depositor learns the state of his access by exact INS. */
import type { Resource } from '../../resources/resource.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { accessStatus } from '../../security/access-status.ts'
import type { Facts } from '../../security/facts.ts'
import { type AskedIdentifier, summarisePatient } from '../../security/patient-summary.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Call, Context } from './interaction.ts'

const mayAsk = new Set(['professional', 'structure', 'insurance'])

/** Parameters that may stand beside the identifier without making it another search. */
const beside = new Set(['_count', '_format', '_pretty', '_total', '_sort'])

/** @returns the INS where the search asks for it and for nothing more. */
function askedIns({ type, patients, applied }: SearchRequest): AskedIdentifier | undefined {
  const asked = applied.filter(([name]) => !beside.has(name))
  if (type !== 'Patient' || asked.length !== 1 || asked[0]?.[0] !== 'identifier') return undefined
  const [names] = patients
  const [name, another] = names ?? []
  return another === undefined && name?.by === 'identifier' ? name : undefined
}

/** @returns identifier, active and status of the record that an exact INS names; undefined for anybody and anything else. */
export async function accessStatusOf(
  context: Context,
  { principal }: Call,
  at: { readonly request: SearchRequest; readonly record: string | 'every' | null; readonly facts: Facts | undefined },
): Promise<{ readonly fullUrl: string; readonly resource: Resource } | undefined> {
  const { request, record, facts } = at
  if (facts === undefined || record === null || record === 'every') return undefined
  const asked = mayAsk.has(principal.kind) ? askedIns(request) : undefined
  if (asked === undefined) return undefined
  const restriction = systemRestriction('resolve identifiers', { collection: 'record', patient: record })
  const row = await context.store.row(restriction, 'Patient', record)
  if (row === undefined) return undefined
  const patient = JSON.parse(Buffer.from(row.json).toString()) as Resource
  const status = accessStatus(principal, facts, context.now())
  return { fullUrl: `${context.base}/Patient/${row.id}`, resource: summarisePatient(patient, { asked, status }) }
}
