/** The delete interaction: a tombstone in the history, 410 to those who could see what was deleted. https://hl7.org/fhir/R4/http.html#delete */
import { bytesOf } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import { gate } from './access.ts'
import { etagOf } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { strayParameter } from './stray-parameters.ts'
import { conditionsOf } from './write/conditions.ts'
import type { Done } from './write/done.ts'
import type { Item } from './write/item.ts'
import { criteriaOf, mostDeleted, targetsOf } from './write/targets.ts'
import { performUnit } from './write/unit.ts'
import { nothingToDelete, outcomeOf } from './write-reply.ts'

function reply({ preferences }: Call, done: readonly Done[]): Reply {
  const [only, another] = done
  const isOne = only !== undefined && another === undefined
  const told = { headers: isOne ? { ETag: etagOf(only.version) } : {}, ...(isOne ? { updated: only.updated } : {}) }
  if (preferences.returns !== 'OperationOutcome') return { status: 204, ...told }
  return { status: 200, ...told, body: bytesOf(only === undefined ? nothingToDelete : outcomeOf(204)) }
}

/** What the criteria find is deleted, all or nothing; to find nothing is what was wished. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
async function items(context: Context, call: Call): Promise<Result<readonly Item[]>> {
  const { type, id, preferences } = call
  const item: Item = {
    ...{ path: type, method: 'DELETE', type },
    ...conditionsOf(preferences),
  }
  if (id !== undefined) return ok([{ ...item, id }])
  const most = context.catalog.types.get(type)?.conditionalDelete === 'multiple' ? mostDeleted : 1
  const targets = await targetsOf(context, call, { type, criteria: criteriaOf(call), most, path: type })
  return targets.ok ? ok(targets.value.map(target => ({ ...item, ...target }))) : targets
}

export async function deleteResource(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = (await gate(context, call)) ?? strayParameter(call)
  if (closed !== undefined) return closed
  const asked = await items(context, call)
  if (!asked.ok) return asked
  const done = asked.value.length === 0 ? ok([]) : await performUnit(context, call, asked.value)
  return done.ok ? ok(reply(call, done.value)) : done
}
