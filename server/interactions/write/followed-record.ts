/** The record of what only follows something that criteria find: a Provenance lives where its target lives. `access.md` section 9 */
import { patientReferences } from '../../../resources/compartment.ts'
import { ok, type Result } from '../../../resources/outcome.ts'
import { type ParsedReference, parseReference } from '../../../resources/reference.ts'
import { reachOf } from '../patient-names.ts'
import { parseCriteria } from './conditional.ts'
import type { Item, UnitRecord } from './item.ts'
import { matchesIn } from './matches-in.ts'
import type { Asking } from './patient-meant.ts'

type Conditional = Extract<ParsedReference, { form: 'conditional' }>

/** The conditional references to what an item follows. */
function followedBy({ context }: Asking, { type, written }: Item): readonly Conditional[] {
  if (written === undefined) return []
  const placement = patientReferences(written.resource, context.catalog.types.get(type)?.compartmentPaths ?? [])
  if (placement.kind !== 'target') return []
  return placement.references
    .map(({ reference }) => parseReference(reference.reference ?? '', context.base))
    .filter(parsed => parsed.form === 'conditional')
}

/** The record of the one match. What is wrong with criteria, or with what they find, is said when references are resolved. */
async function recordOfMatch(asking: Asking, { type, criteria }: Conditional): Promise<string | undefined> {
  const { context, call, gone } = asking
  const request = parseCriteria(context, type, { criteria, path: type })
  const reach = request.ok ? await reachOf(context, { ...call, type }, request.value) : request
  if (!request.ok || !reach.ok) return undefined
  const [row, another] = await matchesIn(context, call, { request: request.value, reach: reach.value, most: 2, gone })
  return another === undefined ? (row?.patient ?? undefined) : undefined
}

/** @returns the record of the first match that is in one, within what the caller may see; undefined where there is none, and where records are shared, which are named by their patients. */
export async function followedRecord(asking: Asking): Promise<Result<UnitRecord> | undefined> {
  if (asking.context.regime.onePatient) return undefined
  for (const reference of new Map(
    asking.items.flatMap(item => followedBy(asking, item)).map(each => [`${each.type}?${each.criteria}`, each]),
  ).values()) {
    const patient = await recordOfMatch(asking, reference)
    if (patient !== undefined) return ok({ patient, opens: false })
  }
  return undefined
}
