/** The update interaction, also conditional. https://hl7.org/fhir/R4/http.html#update */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { parseLogicalId } from '../../resources/resource.ts'
import { gate } from './access.ts'
import { writtenBody } from './body.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { strayParameter } from './stray-parameters.ts'
import { conditionsOf } from './write/conditions.ts'
import type { Item, Written } from './write/item.ts'
import { criteriaOf } from './write/targets.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

/** What is written where: under the id of the URL, or where the criteria lead. */
function addressOf(call: Call, { resource }: Written): Result<Pick<Item, 'id' | 'criteria'>> {
  if (call.id === undefined) return ok({ criteria: criteriaOf(call) })
  const raw = call.body?.form === 'raw'
  return raw || resource.id === call.id
    ? ok({ id: call.id })
    : fail('malformedBody', 'expected the id of the URL in the resource, found another or none', `${call.type}.id`)
}

export async function update(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = (await gate(context, call)) ?? strayParameter(call)
  if (closed !== undefined) return closed
  if (call.id !== undefined && parseLogicalId(call.id) === undefined)
    return fail('malformedBody', 'expected an id of 1 to 64 letters, digits, "-" or "."', `${call.type}.id`)
  const written = writtenBody(context, call)
  if (!written.ok) return written
  const address = addressOf(call, written.value)
  if (!address.ok) return address
  const conditions = conditionsOf(call.preferences)
  const base = { path: call.type, method: 'PUT', type: call.type, written: written.value } as const
  const done = await performUnit(context, call, [{ ...base, ...address.value, ...conditions }])
  if (!done.ok) return done
  const [first] = done.value
  if (first === undefined) throw new Error('an update without an outcome')
  return ok(await writeReply(context, call, first))
}
