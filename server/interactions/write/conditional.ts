/** Finds the one resource that criteria mean, within what the caller may see. https://hl7.org/fhir/R4/http.html#ccreate */
import { type Failure, fail, failAll, ok, type Result } from '../../../resources/outcome.ts'
import { parseSearch } from '../../../search/parse-search.ts'
import { and, type Query, scalar } from '../../../search/query.ts'
import type { SearchRequest } from '../../../search/search-request.ts'
import { refuseWide } from '../../../search/too-wide.ts'
import { depositorOf } from '../../../security/actors.ts'
import { belongsToRecords } from '../../../security/belongs-to-records.ts'
import type { Facts } from '../../../security/facts.ts'
import { isKeyOf } from '../../../security/merged-rules.ts'
import type { Restriction } from '../../../security/restriction.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import { decideWith } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { patientKeys } from '../patient-names.ts'
import { forms } from '../stray-parameters.ts'

/** Where criteria are looked for: in the unit's record, in every record, or in the directory. */
export interface Within {
  readonly patient: string | 'every' | null
  readonly facts: Facts | undefined
  /** `_id`s of rows that the unit itself deletes: nothing finds them any more. */
  readonly gone?: ReadonlySet<string>
  /** The most matches that are looked for: two, which is several. */
  readonly most?: number
  /** What the caller may not search he does not find, be it his own: a closed record holds nothing for anybody. */
  readonly searchedOnly?: true
}

/** Criteria, and where in the request they stand: a type, or a path such as `Bundle.entry[2].resource`. */
export interface CriteriaAt {
  readonly criteria: string
  readonly path: string
}

/** @returns the failure of criteria; in a transaction it names the entry: which of a thousand is at fault, the name of a parameter does not say. */
export function namedBy(path: string, { kind, complaints: [first, ...others] }: Failure): Result<never> {
  const expression = path.startsWith('Bundle.') ? { expression: path } : {}
  return failAll(kind, [{ ...first, ...expression }, ...others.map(each => ({ ...each, ...expression }))])
}

/** Reads criteria such as `identifier=system|value`; control parameters and the empty criterion are refused. */
export function parseCriteria(context: Context, type: string, { criteria, path }: CriteriaAt): Result<SearchRequest> {
  const read = readCriteria(context, type, criteria)
  return read.ok ? read : namedBy(path, read.failure)
}

function readCriteria(context: Context, type: string, criteria: string): Result<SearchRequest> {
  // In which form to answer is no criterion: alone it would mean every resource of the type.
  const parameters = [...new URLSearchParams(criteria.replace(/^\?/, ''))].filter(([name]) => !forms.has(name))
  const control = parameters.find(([name]) =>
    /^_(sort|count|contained|include|revinclude|summary|elements|total|page)/.test(name),
  )
  if (parameters.length === 0 || control !== undefined)
    return fail(
      'badParameter',
      `expected search parameters that identify one ${type}, found ${control === undefined ? 'none' : `"${control[0]}"`}`,
    )
  const { zone, base, catalog } = context
  const request = parseSearch({
    type,
    catalog,
    parameters,
    zone,
    now: context.now(),
    base,
    lenient: false,
    maxCount: 2,
  })
  const inOneRecord = context.regime.onePatient && belongsToRecords(catalog, type)
  const wide = inOneRecord || !request.ok ? undefined : refuseWide(request.value.query)
  return wide ?? request
}

/** @returns whether criteria name others than the patient of a record, who is named by the key of one that was merged into it, too. */
export async function namesOthers(
  context: Context,
  request: Pick<SearchRequest, 'patients'>,
  { patient, facts }: Pick<Within, 'patient' | 'facts'>,
): Promise<boolean> {
  for (const names of request.patients) {
    const keys = (await Promise.all(names.map(name => patientKeys(context, name)))).flat()
    const isIt = (key: string) => key === patient || (facts !== undefined && isKeyOf(facts, key))
    if (patient === null || !keys.some(isIt)) return true
  }
  return false
}

/** Own deposits are matched whatever the scopes say, so that a push twice does not double what it deposits. */
const ownDeposits = (call: Call, within: Within, query: Query): { restriction: Restriction; query: Query } => ({
  restriction: systemRestriction(
    'resolve identifiers',
    within.patient === null ? { collection: 'directory' } : { collection: 'record', patient: within.patient },
  ),
  query: and(query, scalar('depositor', depositorOf(call.principal))),
})

/** @returns the matches, at most two or `most`: own deposits, the directory, and what the caller may read. Hidden ones do not exist. */
export async function matchesOf(
  context: Context,
  call: Call,
  at: Within & { readonly type: string; readonly request: SearchRequest },
): Promise<readonly Found[]> {
  const { type, request, patient, facts, gone = new Set(), most = 2, searchedOnly } = at
  if (patient !== 'every' && (await namesOthers(context, request, at))) return []
  const asked = { principal: call.principal, interaction: 'search-type', type } as const
  const closed = context.regime.gate({ ...asked, now: context.now() })
  const decision = closed ?? decideWith(context, asked, { patient, facts })
  if (decision.effect === 'deny' && searchedOnly === true) return []
  const within =
    decision.effect === 'permit'
      ? { restriction: decision.restriction, query: request.query }
      : ownDeposits(call, { patient, facts }, request.query)
  const order = { by: 'date', descending: true } as const
  const rows = await context.store.page({ ...within, type, order, limit: most })
  if (!rows.some(({ _id }) => gone.has(_id))) return rows
  const more = await context.store.page({ ...within, type, order, limit: most + gone.size })
  return more.filter(({ _id }) => !gone.has(_id)).slice(0, most)
}

/** The one match, none, or 412 for several. */
export function onlyMatch<Match>(rows: readonly Match[], path: string): Result<Match | undefined> {
  return rows.length > 1
    ? fail('multipleMatches', 'expected criteria that match one resource, found several', path)
    : ok(rows[0])
}
