/** The opening of a record that is announced to a person, who has six weeks to oppose it. Code de la santé publique, R.1111-28 */
import { splice } from '../../../resources/json-text.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { spanOf } from '../../../security/calendar.ts'
import { noRecord } from '../../../security/writes/state.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { insKey, opposed } from '../patient-names.ts'
import { refuse, traceOf } from '../trail.ts'
import { inlineData } from '../write/attachments.ts'
import { partWhole } from '../write/data-apart.ts'
import { insOf } from '../write/ins.ts'
import type { Written } from '../write/item.ts'
import { sentence } from './close.ts'

const sixWeeks = 42 * 24 * 3600 * 1000

export interface Announcing {
  readonly patient: Written
  /** Where the Patient stands in the request, for complaints. */
  readonly path: string
  readonly informed: string
  readonly notice: string
}

/** When the record will be opened, from the day on which the person was informed. */
function dueOf(context: Context, { informed, notice }: Announcing): Result<number> {
  const [from] = spanOf(informed, context.zone) ?? []
  if (from === undefined || from > context.now())
    return fail('badParameter', 'expected informed as a day that is not in the future', 'http.informed')
  if (notice.trim() === '') return fail('badParameter', 'expected the version of the notice as a uri', 'http.notice')
  return ok(from + sixWeeks)
}

/** In six weeks nobody is there to be told what is wrong with the Patient. */
function openable({ patient, path }: Announcing): Result<unknown> {
  if (patient.resource.active === false)
    return fail('refusedByRule', 'expected an active Patient to open the record for, found none', `${path}.active`)
  return inlineData(patient, path)
}

/** What holds the INS: an opposition, a record, or an announcement that was made before. */
async function heldBy(context: Context, key: string): Promise<Result<never> | undefined> {
  const [line] = await context.store.registered([key])
  if (line === undefined) return undefined
  if (line.resource === opposed) return noRecord()
  return fail('conflict', 'expected a patient who has no record, found one who has', 'http.patient')
}

/** @returns 202 with the day on which the record will be opened; nothing of it is readable until then. */
export async function announce(context: Context, call: Call, asked: Announcing): Promise<Result<Reply>> {
  const due = dueOf(context, asked)
  if (!due.ok) return due
  const whole = openable(asked)
  if (!whole.ok) return whole
  const { text, node, resource, data } = asked.patient
  const { system = '', value = '' } = insOf(resource) ?? {}
  const key = insKey(context, system, value)
  const patient = partWhole(splice(text, node, []), data)
  const announced = { key, due: due.value, patient, notice: asked.notice, informed: asked.informed }
  const audit = [traceOf(context, call, { patient: null, status: 202, basis: 'announced' })]
  const unit = { writes: [], claims: [], releases: [], audit, outbox: [] }
  const { outcome } = await context.store.commit({ ...unit, opening: { does: 'announce', announced } })
  const held = outcome === 'committed' ? undefined : await heldBy(context, key)
  if (held !== undefined) return refuse(context, call, { failure: held, patient: null, failed: 'record-open' })
  const day = new Date(due.value).toISOString()
  return ok({
    status: 202,
    headers: {},
    body: sentence(`the record will be opened after ${day}, unless it is opposed`),
  })
}
