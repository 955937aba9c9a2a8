/** What of a record's trail of accesses a caller sees. `access.md` section 8. */
import type { Interaction } from '../resources/resource.ts'
import { agentOf } from './actors.ts'
import { holdsAt } from './calendar.ts'
import type { TrailView } from './decision.ts'
import { treats } from './entry.ts'
import type { Facts } from './facts.ts'
import { masks, trailMasks } from './mask-lists.ts'
import type { Principal } from './principal.ts'

/** The whole trail of a record. */
export const wholeTrail: TrailView = { ownAgent: null, visibleMasks: masks.all, masksAfterHidden: [] }

/**
 * What is written by criteria: a line has them where they found nothing, or too much, and none where what they found was refused.
 * To whom a mask may hide something neither has any.
 */
export const byCriteria = ['patch', 'delete'] as const satisfies readonly Interaction[]

/** Whether every line of a record is shown, as it is. */
export const seesEverything = ({ visibleMasks }: Pick<TrailView, 'visibleMasks'>): boolean =>
  masks.all.every(mask => visibleMasks.includes(mask))

/** Whether the token's subject is now a representative or relative whom the record names. */
export const represents = ({ issuer, subject }: Principal, facts: Facts, now: number): boolean =>
  facts.representatives.some(each => each.person === `${issuer}|${subject}` && holdsAt(each, now))

const ofPatient: TrailView = {
  ownAgent: null,
  visibleMasks: trailMasks.patient,
  masksAfterHidden: trailMasks.patientLater,
}

const ofRepresentative: TrailView = {
  ownAgent: null,
  visibleMasks: trailMasks.representative,
  masksAfterHidden: trailMasks.representativeLater,
  hidesSecret: true,
}

/**
 * What of the trail the principal sees: patient and representative what concerns targets that they may see, a médecin
 * traitant all, any other agent his own accesses. The trail of a closed record answers the patient only.
 * @returns undefined when nothing of it.
 */
export function trailView(principal: Principal, facts: Facts | undefined, now: number): TrailView | undefined {
  const view = facts === undefined ? undefined : viewOf(principal, facts, now)
  if (view === undefined) return undefined
  const { merged, parted } = facts ?? {}
  return {
    ...view,
    ...(merged === undefined ? {} : { also: merged.map(({ patient }) => patient) }),
    ...(parted === undefined ? {} : { parted }),
  }
}

function viewOf(principal: Principal, facts: Facts, now: number): TrailView | undefined {
  if (principal.kind === 'patient') return principal.patient === facts.patient ? ofPatient : undefined
  if (!facts.open) return undefined
  switch (principal.kind) {
    case 'representative': {
      const entitled = principal.patient === facts.patient && represents(principal, facts, now)
      return entitled ? ofRepresentative : undefined
    }
    case 'professional':
      return treats(principal, facts, now) ? wholeTrail : { ...wholeTrail, ownAgent: agentOf(principal) }
    case 'structure':
    case 'insurance':
      return { ...wholeTrail, ownAgent: agentOf(principal) }
    case 'person':
    case 'operator':
    case 'client':
      return undefined
  }
}
