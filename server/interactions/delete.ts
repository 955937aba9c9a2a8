/** The delete interaction: a tombstone in the history, 410 to those who could see what was deleted. https://hl7.org/fhir/R4/http.html#delete */
import { ok, type Result } from '../../resources/outcome.ts'
import { gate } from './access.ts'
import { etagOf } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { performUnit } from './write/unit.ts'

export async function deleteResource(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const { ifMatch } = call.preferences
  const condition = ifMatch === undefined ? {} : { ifMatch }
  const item = { path: call.type, method: 'DELETE', type: call.type, id: call.id ?? '', ...condition } as const
  const done = await performUnit(context, call, [item])
  if (!done.ok) return done
  const [first] = done.value
  return ok({ status: 204, headers: first === undefined ? {} : { ETag: etagOf(first.version) } })
}
