/** Who may deposit which type of document, whatever the record. `access.md` section 6. */
import { professionsOf, roleSystem } from './columns.ts'
import type { Policy, ProfessionRow } from './policy.ts'
import type { Principal, Professional } from './principal.ts'

const none: ReadonlySet<string> = new Set()

/** Secretaries and medical assistants deposit as the structure in which they act. */
const structuresHands: ReadonlySet<string> = new Set(['331', '332'])

const ofRow = (policy: Policy, row: ProfessionRow, { structure }: Professional): ReadonlySet<string> => {
  if (row.system !== roleSystem || !structuresHands.has(row.code)) return policy.professionDeposits.get(row.id) ?? none
  return structure === null ? none : policy.kindDeposits.structure
}

/** Where several rows apply to a professional, each must allow the type: an excluded speciality closes all. */
function ofProfessional(policy: Policy, professional: Professional): ReadonlySet<string> {
  const [first, ...others] = professionsOf(policy, professional).map(row => ofRow(policy, row, professional))
  if (first === undefined || others.length === 0) return first ?? none
  return new Set([...first].filter(type => others.every(types => types.has(type))))
}

/** The types of the matrix that a principal may deposit into an open record. */
export function depositsOf(policy: Policy, principal: Principal): ReadonlySet<string> {
  switch (principal.kind) {
    case 'professional':
      return ofProfessional(policy, principal)
    case 'structure':
    case 'patient':
    case 'insurance':
      return policy.kindDeposits[principal.kind]
    case 'representative':
    case 'person':
    case 'operator':
    case 'client':
      return none
  }
}

/**
 * Whether a principal may deposit a resource of that document type. `other` is open to those who may deposit anything;
 * `record` and `consent` have writers of their own, so they are never answered with yes.
 */
export function mayDeposit(policy: Policy, principal: Principal, documentType: string): boolean {
  const types = depositsOf(policy, principal)
  return documentType === 'other' ? types.size > 0 : types.has(documentType)
}
