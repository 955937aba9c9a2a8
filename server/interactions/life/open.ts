/** `Patient/$open`: one record for one INS, with the agreement of the person, or announced to her. `docs/decisions/0032-the-record-s-life.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { judgeIdentity, judgeKeys } from '../../../security/identity-quality.ts'
import { insOf as everyIns } from '../../../security/opening.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { operationParameters, resourceParameter } from '../operation-parameters.ts'
import { refuse } from '../trail.ts'
import { insOf } from '../write/ins.ts'
import type { Written } from '../write/item.ts'
import { writeReply } from '../write-reply.ts'
import { agreementIn, valueIn } from './agreement.ts'
import { announce } from './announce.ts'
import { gateLife } from './life-access.ts'
import { openRecord } from './open-record.ts'

/** The resource that is to become the Patient: it needs one INS, and a person opens her own record only. */
function patientOf(context: Context, call: Call): Result<{ patient: Written; path: string }> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const asked = { name: 'patient', type: 'Patient' }
  const patient = resourceParameter(context, parameters.value, asked)
  if (!patient.ok) return patient
  const [, , held] = parameters.value.find(([name]) => name === asked.name) ?? []
  if (patient.value === undefined || held === undefined)
    return fail('badParameter', 'expected patient, which is required, found none', 'http.patient')
  const ins = insOf(patient.value.resource)
  const path = `${held.path}.identifier`
  if (ins === undefined || everyIns(patient.value.resource).length !== 1)
    return fail('refusedByRule', 'expected exactly one INS, found another number', path)
  const { principal } = call
  const isOther =
    principal.kind === 'person' && (principal.ins.system !== ins.system || principal.ins.value !== ins.value)
  if (isOther) return fail('accessDenied', 'expected the INS of the token, found another', path)
  const qualified = [judgeIdentity, judgeKeys].map(judge => judge(patient.value?.resource ?? {}, held.path))
  const poor = qualified.find(judged => !judged.ok)
  if (poor?.ok === false) return poor
  return ok({ patient: patient.value, path: held.path })
}

/** Who may announce an opening, and who may only do that. */
const announcers: ReadonlySet<string> = new Set(['insurance', 'operator'])

/** What token and parameters alone refuse. */
function refusedBy({ principal }: Call, isAnnounced: boolean): Result<never> | undefined {
  if (isAnnounced && !announcers.has(principal.kind))
    return fail('accessDenied', 'expected the insurance or the operator for informed, found another token')
  if (!isAnnounced && principal.kind === 'operator')
    return fail('accessDenied', 'expected a token that may open records, found an operator, who announces them')
  return undefined
}

export async function open(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, 'open')
  if (closed !== undefined) return closed
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const informed = valueIn(parameters.value, 'informed')
  const refused = refusedBy(call, informed !== undefined)
  const asked = refused ?? patientOf(context, call)
  if (!asked.ok)
    return asked.failure.kind === 'accessDenied'
      ? refuse(context, call, { failure: asked, patient: null, failed: 'kind-may-enter' })
      : asked
  if (informed !== undefined)
    return announce(context, call, { ...asked.value, informed, notice: valueIn(parameters.value, 'notice') ?? '' })
  const agreement = agreementIn(parameters.value, context)
  if (!agreement.ok) return agreement
  const { done, as } = await openRecord(context, call, { ...asked.value, agreement: agreement.value })
  if (!done.ok) return done
  const [patient] = done.value
  if (patient === undefined) throw new Error('an opening without an outcome')
  return ok(await writeReply(context, as, patient))
}
