/** What rests on the patient's agreement, which somebody else attests: nobody attests it for one who cannot be asked. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import type { Resource } from '../resources/resource.ts'
import type { ConsentRule } from './consent-rule.ts'
import type { Denial } from './decision.ts'
import { type GateRequest, said } from './gate.ts'
import type { Principal } from './principal.ts'
import { readConsent } from './read-consent.ts'

/** Rules that a professional writes in the name of the patient. To open a record for who has none is care of its own. */
const attested: ReadonlySet<ConsentRule['kind']> = new Set(['authorise', 'treating', 'authorise-part', 'mask-document'])

/** Whether the token is that of an emergency, in which the patient cannot be asked. */
export const isEmergency = (principal: Principal): boolean =>
  principal.kind === 'professional' && principal.mode !== 'normal'

/** The refusal of what rests on the agreement of one who cannot be asked; undefined in the ordinary mode. */
export function emergencyGate(principal: Principal): Denial | undefined {
  if (principal.kind !== 'professional' || principal.mode === 'normal') return undefined
  return said(
    'kind-may-enter',
    `expected a token of mode "normal" for what rests on the agreement of the patient, found one of mode "${principal.mode}"; ask with a token of mode "normal"`,
  )
}

const writing: ReadonlySet<GateRequest['interaction']> = new Set(['create', 'update', 'patch', 'delete'])

/** A write that is asked for, with the state to come where the request holds it, and whether a Patient comes with it. */
interface Asked extends GateRequest {
  readonly after?: Resource
  readonly opens?: boolean
}

function restsOnAgreement({ type, interaction, after, opens }: Asked): boolean {
  if (type === 'CareTeam') return writing.has(interaction)
  if (type !== 'Consent' || after === undefined) return false
  const rule = readConsent(after)
  if (!rule.ok) return false
  return attested.has(rule.value.kind) || (rule.value.kind === 'opened' && opens !== true)
}

/**
 * @param request with the state to come, where the request holds it: what a patch makes of a Consent is judged when it is known.
 * @returns what the token of an emergency does not write; undefined when nothing.
 */
export function attestedGate(request: Asked): Denial | undefined {
  if (!isEmergency(request.principal) || !restsOnAgreement(request)) return undefined
  return emergencyGate(request.principal)
}
