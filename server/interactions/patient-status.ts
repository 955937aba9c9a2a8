/** The single exception of `access.md` section 3: a professional or depositor learns the state of his access by exact INS. */
import type { Resource } from '../../resources/resource.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { accessStatus } from '../../security/access-status.ts'
import type { Facts } from '../../security/facts.ts'
import { summarisePatient } from '../../security/patient-summary.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Call, Context } from './interaction.ts'

const mayAsk = new Set(['professional', 'structure', 'insurance'])

/** Parameters that may stand beside the identifier without making it another search. */
const beside = new Set(['_count', '_format', '_pretty', '_total', '_sort'])

/** Whether the search is the exact INS and nothing more. */
function asksByIns({ type, patients, applied }: SearchRequest): boolean {
  if (type !== 'Patient') return false
  const asked = applied.filter(([name]) => !beside.has(name))
  const [names] = patients
  return asked.length === 1 && asked[0]?.[0] === 'identifier' && names?.length === 1 && names[0]?.by === 'identifier'
}

/** @returns identifier, active and status of the record that an exact INS names; undefined for anybody and anything else. */
export async function accessStatusOf(
  context: Context,
  { principal }: Call,
  at: { readonly request: SearchRequest; readonly record: string | 'every' | null; readonly facts: Facts | undefined },
): Promise<{ readonly fullUrl: string; readonly resource: Resource } | undefined> {
  const { request, record, facts } = at
  if (facts === undefined || record === null || record === 'every') return undefined
  if (!mayAsk.has(principal.kind) || !asksByIns(request)) return undefined
  const restriction = systemRestriction('resolve identifiers', { collection: 'record', patient: record })
  const row = await context.store.row(restriction, 'Patient', record)
  if (row === undefined) return undefined
  const patient = JSON.parse(Buffer.from(row.json).toString()) as Resource
  const status = accessStatus(principal, facts, context.now())
  return { fullUrl: `${context.base}/Patient/${row.id}`, resource: summarisePatient(patient, status) }
}
