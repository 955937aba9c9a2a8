/** The operation $announce: a professional has told the patient, who sees the document from then on. R.1111-53 CSP, TD3.3b. */
import { ok, type Result } from '../../resources/outcome.ts'
import { gate } from './access.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import type { Item } from './write/item.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

export async function announce(context: Context, call: Call): Promise<Result<Reply>> {
  for (const interaction of ['update', 'read'] as const) {
    const closed = await gate(context, { ...call, interaction })
    if (closed !== undefined) return closed
  }
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const { type, id = '' } = call
  const { ifMatch } = call.preferences
  const item: Item = { path: type, method: 'PUT', type, id, patch: { form: 'announcement' } }
  const done = await performUnit(context, call, [ifMatch === undefined ? item : { ...item, ifMatch }])
  if (!done.ok) return done
  const [first] = done.value
  if (first === undefined) throw new Error('an announcement without an outcome')
  return ok(await writeReply(context, call, first))
}
