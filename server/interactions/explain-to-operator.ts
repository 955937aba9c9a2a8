/** $explain-access for an operator: the true reason of somebody's access or refusal, with no content, in the trail of the record. */
import { objectOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { queryString } from '../../search/self-link.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import { toPrincipal } from '../../security/claims.ts'
import type { ConditionId } from '../../security/decision.ts'
import { conditionsOf, tokenConditions } from '../../security/explanation.ts'
import type { Law } from '../../security/law.ts'
import type { Principal } from '../../security/principal.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import { verdictOn } from '../../security/verdict.ts'
import { factsOf, sayRefusal } from './access.ts'
import { asksById, type ExplainedRequest } from './explained-request.ts'
import { explanationReply } from './explanation-reply.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { locate } from './locate.ts'
import { leaveTrace, type Trace } from './trail.ts'

interface Asked {
  readonly law: Law
  readonly request: ExplainedRequest
}

/** What decided, and what of it the trail takes. */
type Found = Pick<Trace, 'patient' | 'targets' | 'basis'> & { readonly failed?: ConditionId }

const longestReason = 500

/** The principal of claims as a token would hold them. */
function principalOf(text: string | undefined): Result<Principal> {
  const wrong = fail(
    'badParameter',
    'expected the claims of a token as JSON, with "dmp", found others',
    'http.principal',
  )
  try {
    const claims = objectOf(JSON.parse(text ?? ''))
    const principal =
      claims === undefined
        ? undefined
        : toPrincipal({ iss: 'urn:dmp:explained', sub: 'explained', ...claims }, { demandsDmp: true })
    return principal === undefined ? wrong : ok(principal)
  } catch (error) {
    if (error instanceof SyntaxError) return wrong
    throw error
  }
}

function reasonOf({ reason }: ExplainedRequest): Result<string> {
  if (reason !== undefined && /\S/.test(reason) && reason.length <= longestReason) return ok(reason)
  return fail('badParameter', `expected why you ask, in at most ${longestReason} characters`, 'http.reason')
}

/** By what decides requests: facts, decision, and the row as it stands. */
async function decided(context: Context, principal: Principal, { law, request }: Asked): Promise<Found> {
  const { type, id = '' } = request
  const now = context.now()
  const place = await locate(context, type, id)
  if (place === undefined) return { patient: null, failed: 'record-exists' }
  const { patient } = place
  const facts = await factsOf(context, patient)
  const policy = law.inForce(now)
  const denied = law.decide({ principal, interaction: request.interaction, type, patient, now }, facts, policy)
  if (patient === null || facts === undefined)
    return { patient, ...(denied.effect === 'deny' ? { failed: denied.failed } : { basis: denied.basis }) }
  const everything = systemRestriction('gather facts', { collection: 'record', patient: facts.patient })
  const stored = await context.store.stored(everything, type, place._id)
  if (stored === undefined) return { patient, failed: denied.effect === 'deny' ? denied.failed : 'record-exists' }
  const { row } = stored
  const targets = [row].map(({ id: known, version, documentType, mask, hiddenUntil }) => ({
    ...{ type, id: known, version, documentType, mask, hiddenUntil },
  }))
  if (denied.effect === 'deny') return { patient, targets, failed: denied.failed }
  const verdict = verdictOn({ law, policy, facts, entry: row, now }, principal)
  return { patient, targets, ...(verdict.reads ? { basis: verdict.because } : { failed: verdict.because }) }
}

/** What the token alone decides: for requests that name no single resource. */
function decidedByToken(context: Context, principal: Principal, { request }: Asked): Found {
  const denial = context.regime.gate({ ...request, principal, now: context.now() })
  return { patient: null, ...(denial === undefined ? {} : { failed: denial.failed }) }
}

/** The line that the holder of the record finds: who asked, why, and about what he may know of. */
async function trace(context: Context, call: Call, at: Found & { request: ExplainedRequest; reason: string }) {
  const { patient, targets = [], basis, failed, request, reason } = at
  const about = targets.map(({ type, id }) => ['reference', `${type}/${id}`] as const)
  const query = queryString([['interaction', request.interaction], ...about, ['reason', reason]])
  await leaveTrace(context, call, {
    ...{ patient, status: 200, targets, query: `$explain-access?${query}` },
    ...(basis === undefined ? {} : { basis }),
    ...(failed === undefined ? {} : { failed }),
  })
}

export async function explainToOperator(context: Context, call: Call, asked: Asked): Promise<Result<Reply>> {
  const { law, request } = asked
  const now = context.now()
  const denial = law.scopeRefusal({ principal: call.principal, interaction: 'read', type: request.type, now })
  if (denial !== undefined) return sayRefusal(context, call, { denial, patient: null })
  const reason = reasonOf(request)
  if (!reason.ok) return reason
  const principal = principalOf(request.principal)
  if (!principal.ok) return principal
  const whole = asksById(request)
  const found = whole ? await decided(context, principal.value, asked) : decidedByToken(context, principal.value, asked)
  await trace(context, call, { ...found, request, reason: reason.value })
  const { basis, failed } = found
  const policy = law.inForce(now)
  const judged = { principal: principal.value, policy, ofRecords: belongsToRecords(context.catalog, request.type) }
  const known = { ...(basis === undefined ? {} : { basis }), ...(failed === undefined ? {} : { failed }) }
  if (failed === undefined && !whole) {
    const conditions = tokenConditions(judged, 'not-evaluated')
    return ok(explanationReply({ outcome: 'not-evaluated', conditions, policy }))
  }
  const conditions = conditionsOf({ ...judged, ...known })
  return ok(explanationReply({ outcome: failed === undefined ? 'permitted' : 'refused', ...known, conditions, policy }))
}
