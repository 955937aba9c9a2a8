/** The create interaction, also conditional. https://hl7.org/fhir/R4/http.html#create */
import { ok, type Result } from '../../resources/outcome.ts'
import { gate } from './access.ts'
import { writtenBody } from './body.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { strayParameter } from './stray-parameters.ts'
import { conditionOfCreate } from './write/if-none-exist.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

export async function create(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = (await gate(context, call)) ?? strayParameter(call)
  if (closed !== undefined) return closed
  const written = writtenBody(context, call)
  if (!written.ok) return written
  const { ifNoneExist } = call.preferences
  const condition = ifNoneExist === undefined ? {} : { ifNoneExist: conditionOfCreate(call.type, ifNoneExist) }
  const item = { path: call.type, method: 'POST', type: call.type, written: written.value, ...condition } as const
  const done = await performUnit(context, call, [item])
  if (!done.ok) return done
  const [first] = done.value
  if (first === undefined) throw new Error('a create without an outcome')
  return ok(await writeReply(context, call, first))
}
