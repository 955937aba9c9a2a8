/** `Patient/$oppose`: a person wants no record. A digest of the INS is kept, and nothing else of her. `docs/decisions/0032-the-record-s-life.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { isIns } from '../../../security/actor-identifier.ts'
import type { Principal } from '../../../security/principal.ts'
import type { Unit } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { operationParameters } from '../operation-parameters.ts'
import { insKey, opposed } from '../patient-names.ts'
import { refuse, traceOf } from '../trail.ts'
import { unnamed } from '../unnamed.ts'
import { valueIn } from './agreement.ts'
import { sentence } from './close.ts'
import { gateLife } from './life-access.ts'

interface Asked {
  readonly system: string
  readonly value: string
  readonly withdrawn: boolean
}

function askedBy(call: Call): Result<Asked> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const [system = '', value = ''] = (valueIn(parameters.value, 'identifier') ?? '').split('|')
  if (!isIns({ system, value }) || value === '')
    return fail('badParameter', 'expected identifier as the system and the value of an INS', 'http.identifier')
  const withdrawn = valueIn(parameters.value, 'withdrawn') === 'true'
  const { principal } = call
  if (principal.kind === 'person' && (principal.ins.system !== system || principal.ins.value !== value))
    return fail('accessDenied', 'expected the INS of the token, found another', 'http.identifier')
  if (withdrawn && principal.kind !== 'person')
    return fail('accessDenied', 'expected the person herself to withdraw an opposition', 'http.withdrawn')
  return ok({ system, value, withdrawn })
}

/** Who opposed, without the person: her subject is a name that somebody else knows. */
const byWhom = ({ kind, subject, issuer }: Principal): string =>
  kind === 'person' ? kind : `${kind} ${issuer}|${subject}`

function unitOf(context: Context, call: Call, { asked, key }: { asked: Asked; key: string }): Unit {
  const basis = asked.withdrawn ? 'opposition withdrawn' : 'opposition'
  const audit = [traceOf(context, unnamed(context, call), { patient: null, status: 200, basis })]
  const unit = { writes: [], claims: [], releases: [], audit, outbox: [] }
  if (asked.withdrawn) return { ...unit, opening: { does: 'withdraw', key, resource: opposed } }
  const answer = JSON.stringify({ at: new Date(context.now()).toISOString(), by: byWhom(call.principal) })
  const claims = [{ key, collection: 'record', resource: opposed, answer } as const]
  return { ...unit, claims, opening: { does: 'forget', key } }
}

export async function oppose(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, 'oppose')
  if (closed !== undefined) return closed
  const asked = askedBy(call)
  if (!asked.ok)
    return asked.failure.kind === 'accessDenied'
      ? refuse(context, call, { failure: asked, patient: null, failed: 'kind-may-enter' })
      : asked
  const { system, value, withdrawn } = asked.value
  const key = insKey(context, system, value)
  const { outcome } = await context.store.commit(unitOf(context, call, { asked: asked.value, key }))
  const [line] = outcome === 'committed' ? [] : await context.store.registered([key])
  if (line !== undefined && line.resource !== opposed) {
    const failure = fail(
      'conflict',
      'expected a person without a record, found one who has: close it',
      'http.identifier',
    )
    return refuse(context, call, { failure, patient: line.resource })
  }
  const said = withdrawn ? 'no opposition is kept' : 'the opposition is kept'
  return ok({ status: 200, headers: {}, body: sentence(said) })
}
