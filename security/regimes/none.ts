/** No rule at all: for development and comparison on this machine. `access.md` section 12. */
import { ok } from '../../resources/outcome.ts'
import { everything } from '../../search/query.ts'
import type { AccessRequest, Decision } from '../decision.ts'
import { plainLabels } from '../plain-labels.ts'
import type { Principal } from '../principal.ts'
import type { Regime } from '../regime.ts'
import { restrict } from '../restriction.ts'
import { wholeTrail } from '../trail-view.ts'

/** Who asks where nobody says who asks. */
export const anonymous: Principal = {
  kind: 'client',
  subject: 'anonymous',
  issuer: 'urn:dmp:anonymous',
  client: null,
  fhirUser: null,
  scopes: [],
  patient: null,
  token: null,
}

function read({ patient, type }: AccessRequest): Decision {
  const restriction = restrict(patient === null ? { collection: 'directory' } : { collection: 'record', patient }, [
    everything,
  ])
  return { effect: 'permit', restriction, basis: 'no rule', ...(type === 'AuditEvent' ? { trail: wholeTrail } : {}) }
}

/** Builds the regime `none`. */
export const noneRegime = (): Regime => ({
  name: 'none',
  needsFacts: false,
  onePatient: false,
  policy: () => null,
  patch: (_type, _before, after) => ok(after),
  choosesIds: () => true,
  gate: () => undefined,
  read,
  write: request => ok(plainLabels(request)),
})
