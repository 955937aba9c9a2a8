/** The update interaction. https://hl7.org/fhir/R4/http.html#update */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { parseLogicalId } from '../../resources/resource.ts'
import { gate } from './access.ts'
import { writtenBody } from './body.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

export async function update(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const id = parseLogicalId(call.id ?? '')
  if (id === undefined)
    return fail('malformedBody', 'expected an id of 1 to 64 letters, digits, "-" or "."', `${call.type}.id`)
  const written = writtenBody(context, call)
  if (!written.ok) return written
  const raw = call.body?.form === 'raw'
  if (!raw && written.value.resource.id !== id)
    return fail('malformedBody', 'expected the id of the URL in the resource, found another or none', `${call.type}.id`)
  const { ifMatch } = call.preferences
  const condition = ifMatch === undefined ? {} : { ifMatch }
  const item = { path: call.type, method: 'PUT', type: call.type, id, written: written.value, ...condition } as const
  const done = await performUnit(context, call, [item])
  if (!done.ok) return done
  const [first] = done.value
  if (first === undefined) throw new Error('an update without an outcome')
  return ok(await writeReply(context, call, first))
}
