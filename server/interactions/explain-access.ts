/** The operation $explain-access: which conditions a request meets. To the caller no more than the request itself would tell. `docs/decisions/0034-explained-by-what-decides.md` */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Denial } from '../../security/decision.ts'
import { conditionsOf, type Judged, tokenConditions } from '../../security/explanation.ts'
import type { Law } from '../../security/law.ts'
import { decideWith, factsOf } from './access.ts'
import { explainToOperator } from './explain-to-operator.ts'
import { asksById, type ExplainedRequest, explainedRequest } from './explained-request.ts'
import { explanationReply } from './explanation-reply.ts'
import type { Call, Context, Perform, Reply } from './interaction.ts'
import { locate } from './locate.ts'
import { leaveTrace, refuse, saidRefusal, targetOf } from './trail.ts'

/** One sentence for what is absent and what is hidden. */
const nothingForYou = 'There is no such resource, or it is not for you: which of the two is told to nobody.'
const ofTokenAlone = 'The token passes. All else depends on the record, and is answered as the request itself is.'

type Caller = { readonly law: Law; readonly request: ExplainedRequest; readonly judged: Judged }

function tokenRefusal({ judged, law }: Caller, denial: Denial, now: number): Reply {
  const conditions = conditionsOf({ ...judged, failed: denial.failed })
  return explanationReply({ outcome: 'refused', says: saidRefusal(denial).text, conditions, policy: law.inForce(now) })
}

/** What the record decides: told where the caller is shown the resource, withheld in one way where he is not. */
async function explainById(context: Context, call: Call, { law, request, judged }: Caller): Promise<Reply> {
  const { type, id = '', interaction } = request
  const policy = law.inForce(context.now())
  const place = await locate(context, type, id)
  const patient = place?.patient ?? null
  const facts = await factsOf(context, patient)
  const asked = { principal: call.principal, interaction, type }
  const decision = place === undefined ? undefined : decideWith(context, asked, { patient, facts })
  const row =
    place === undefined || decision?.effect !== 'permit'
      ? undefined
      : await context.store.row(decision.restriction, type, place._id)
  if (decision?.effect === 'permit' && row !== undefined) {
    const { basis, told } = decision
    const query = `$explain-access?interaction=${interaction}&reference=${type}/${row.id}`
    await leaveTrace(context, call, { patient, status: 200, basis, told, query, targets: [targetOf(row)] })
    return explanationReply({ outcome: 'permitted', basis, conditions: conditionsOf({ ...judged, basis }), policy })
  }
  const failed = decision === undefined ? 'record-exists' : decision.effect === 'deny' ? decision.failed : 'visible'
  await leaveTrace(context, call, { patient, status: 200, outcome: 'refused', failed })
  return explanationReply({
    outcome: 'not-found',
    says: nothingForYou,
    conditions: tokenConditions(judged, 'withheld'),
    policy,
  })
}

async function explainToCaller(context: Context, call: Call, caller: Caller): Promise<Result<Reply>> {
  const { law, request, judged } = caller
  const now = context.now()
  const { interaction, type } = request
  const denial = context.regime.gate({ principal: call.principal, interaction, type, now })
  if (denial !== undefined) {
    await leaveTrace(context, call, { patient: null, status: 200, outcome: 'refused', failed: denial.failed })
    return ok(tokenRefusal(caller, denial, now))
  }
  if (asksById(request)) return ok(await explainById(context, call, caller))
  const conditions = tokenConditions(judged, 'not-evaluated')
  return ok(explanationReply({ outcome: 'not-evaluated', says: ofTokenAlone, conditions, policy: law.inForce(now) }))
}

export const explainAccess: Perform = async (context, call) => {
  const { law } = context.regime
  if (law === undefined)
    return fail('notServed', 'expected an operation that is served under this regime, found one of the regime dmp')
  const request = explainedRequest(context, call)
  if (!request.ok) return request
  const { principal } = call
  if (principal.kind === 'operator') return explainToOperator(context, call, { law, request: request.value })
  if (request.value.principal !== undefined || request.value.reason !== undefined) {
    const failure = fail('accessDenied', 'expected a request of your own: only an operator explains those of others')
    return refuse(context, call, { failure, patient: null, failed: 'kind-may-enter' })
  }
  const ofRecords = belongsToRecords(context.catalog, request.value.type)
  const judged = { principal, policy: law.inForce(context.now()), ofRecords }
  return explainToCaller(context, call, { law, request: request.value, judged })
}
