/** Which policy is in force at an instant: by the first day of each matrix and of each restriction. `access.md` section 6. */
import { type Complaint, fail, failAll, ok, type Result } from '../resources/outcome.ts'
import type { AccessMatrix } from './access-matrix.ts'
import { buildPolicy, type PolicySources } from './build-policy.ts'
import { firstInstantOf } from './first-day.ts'
import type { Policy } from './policy.ts'

/**
 * @param now milliseconds since 1970.
 * @throws before the first day of the first matrix: nobody knows what was allowed then.
 */
export type PolicyInForce = (now: number) => Policy

/** The sources of every day: one matrix for each version. */
export type PolicyHistory = Omit<PolicySources, 'matrix'> & { readonly matrices: readonly AccessMatrix[] }

interface Period {
  readonly from: number
  readonly policy: Policy
}

/** Types that the restrictions or the habilitation name and no version of the matrix has: mistyped, or forgotten. */
function unknownTypes({ matrices, restrictions, habilitation }: PolicyHistory): readonly Complaint[] {
  const known = new Set(matrices.flatMap(({ rows }) => rows.map(({ type }) => type.code)))
  const named = [
    ...restrictions.filter(({ type }) => type !== '*').map(({ type }) => ({ type, where: 'restrictions' })),
    ...habilitation.writes.map(({ documentType: type }) => ({ type, where: 'habilitation, write' })),
    ...habilitation.patientDeposits.map(type => ({ type, where: 'habilitation, producers' })),
    ...habilitation.insuranceDeposits.map(type => ({ type, where: 'habilitation, producers' })),
  ]
  return named
    .filter(({ type }) => !known.has(type))
    .map(({ type, where }) => ({ diagnostics: `${where}: "${type}" is in no version of the matrix` }))
}

function periodsOf(history: PolicyHistory): readonly Period[] {
  const matrices = history.matrices.toSorted((one, other) => (one.version < other.version ? -1 : 1))
  const days = [...matrices.map(({ version }) => version), ...history.restrictions.map(({ since }) => since)]
  return [...new Set(days)].toSorted().flatMap(day => {
    const matrix = matrices.findLast(({ version }) => version <= day)
    const from = firstInstantOf(day)
    return matrix === undefined || from === undefined
      ? []
      : [{ from, policy: buildPolicy({ ...history, matrix }, day) }]
  })
}

function wrongVersions({ matrices }: PolicyHistory): readonly Complaint[] {
  const versions = matrices.map(({ version }) => version)
  return versions
    .filter((version, at) => versions.indexOf(version) !== at || firstInstantOf(version) === undefined)
    .map(version => ({ diagnostics: `matrix ${version}: expected one table named after a real day` }))
}

/**
 * @param now milliseconds since 1970: when the server starts.
 * @returns the policy at each instant; fails with every type that no version of the matrix knows, and when no version is
 * in force at `now`.
 */
export function policiesInForce(history: PolicyHistory, now: number): Result<PolicyInForce> {
  const [first, ...others] = [...unknownTypes(history), ...wrongVersions(history)]
  if (first !== undefined) return failAll('invalidResource', [first, ...others])
  const periods = periodsOf(history)
  if (!periods.some(({ from }) => from <= now))
    return fail('invalidResource', 'expected a version of the access matrix that is in force now, found none')
  return ok(instant => {
    const period = periods.findLast(({ from }) => from <= instant)
    if (period === undefined) throw new RangeError('No version of the access matrix was in force at that time')
    return period.policy
  })
}
