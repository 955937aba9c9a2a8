/** People who might ask: tokens that nobody holds, by which rules are tried. */
import { columnOf } from './columns.ts'
import { parseScopes } from './parse-scopes.ts'
import type { Policy, ProfessionRow } from './policy.ts'
import type { AccessMode, PatientOrRepresentative, Professional, Structure } from './principal.ts'

/** An RPPS that nobody has: nobody is authorised, blocked or an author under it. */
export const nobody = 'rpps:00000000000'

const everyone = {
  ...{ subject: 'hypothetical', issuer: 'urn:dmp:hypothetical' },
  ...{ client: null, fhirUser: null, patient: null, token: null },
  scopes: parseScopes('user/*.cruds'),
}

const plain: Professional = {
  ...everyone,
  ...{ kind: 'professional', rpps: null, structure: null, profession: null, specialities: [] },
  ...{ cnopSection: null, role: null, mode: 'normal', reason: null, secret: false },
}

/** What a token says of a profession that falls in the row. */
function claimsOf({ system, code, qualifier, requires }: ProfessionRow): Partial<Professional> {
  if (requires !== undefined) return { profession: requires, genre: code }
  const section = qualifier !== null && qualifier.noneOf.length === 0 ? (qualifier.anyOf[0] ?? null) : null
  return { profession: { system, code }, cnopSection: section }
}

/** Somebody of each column, looked up once for a policy. */
const known = new WeakMap<Policy, ReadonlyMap<string, Professional>>()

/** @returns a professional of each column to which some profession leads. */
export function ofColumns(policy: Policy): ReadonlyMap<string, Professional> {
  const before = known.get(policy)
  if (before !== undefined) return before
  const found = new Map<string, Professional>()
  for (const row of policy.professions) {
    const professional: Professional = { ...plain, ...claimsOf(row) }
    const column = columnOf(policy, professional)
    if (column !== undefined && !found.has(column)) found.set(column, professional)
  }
  known.set(policy, found)
  return found
}

const numberOf = (actor: string): string => actor.slice(actor.indexOf(':') + 1)

/** @returns the professional as `rpps:…`, or as somebody who acts in the structure `finess:…`, in a mode. */
export function acting(professional: Professional, actor: string, mode: AccessMode): Professional {
  const names = actor.startsWith('rpps:')
    ? { rpps: numberOf(actor) }
    : { rpps: numberOf(nobody), structure: numberOf(actor) }
  return { ...professional, ...names, mode, reason: mode === 'normal' ? null : 'hypothetical' }
}

/** The system of a structure, which reads back what it deposited. @param actor `finess:…` */
export const systemOf = (actor: string): Structure => ({ ...everyone, kind: 'structure', structure: numberOf(actor) })

/** The holder of a record, or somebody who represents him. @param person `issuer|subject`, as facts name him. */
export function ofRecord(kind: 'patient' | 'representative', patient: string, person = '|'): PatientOrRepresentative {
  const bar = person.lastIndexOf('|')
  const names = { issuer: person.slice(0, bar), subject: person.slice(bar + 1) }
  return { ...everyone, ...names, kind, patient, scopes: parseScopes('patient/*.rs') }
}
