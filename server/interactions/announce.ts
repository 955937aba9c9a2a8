/** The operation $announce: a professional has told the patient, who sees the document from then on. R.1111-53 CSP, TD3.3b. */
import { ok, type Result } from '../../resources/outcome.ts'
import { decideIn, gate } from './access.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { locate } from './locate.ts'
import { operationParameters } from './operation-parameters.ts'
import { tellingOf } from './trail.ts'
import type { Item } from './write/item.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

/** Who announces a document has read it: what must be told of a read is told of it too. */
async function tellOfRead(context: Context, call: Call): Promise<void> {
  const place = await locate(context, call.type, call.id ?? '')
  const patient = place?.patient ?? null
  const decision = await decideIn(context, { ...call, interaction: 'read' }, patient)
  if (decision.effect === 'deny' || decision.told === undefined) return
  await context.store.audit([], tellingOf(call, decision.told, { patient, targets: [], at: context.now() }))
}

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
  await tellOfRead(context, call)
  const [first] = done.value
  if (first === undefined) throw new Error('an announcement without an outcome')
  return ok(await writeReply(context, call, first))
}
