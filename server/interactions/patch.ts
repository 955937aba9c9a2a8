/** The patch interaction: a new version made of the current one. https://hl7.org/fhir/R4/http.html#patch */
import { treeOf } from '../../resources/json-tree.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import { gate } from './access.ts'
import { jsonOfBody } from './body.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { strayParameter } from './stray-parameters.ts'
import { nothingThere } from './write/absent.ts'
import { conditionsOf } from './write/conditions.ts'
import type { Item, Patch } from './write/item.ts'
import { criteriaOf, targetsOf } from './write/targets.ts'
import { performUnit } from './write/unit.ts'
import { writeReply } from './write-reply.ts'

/** The operations in the body: a JSON Patch by its media type, else a FHIRPath Patch. */
export function patchOf(call: Call): Result<Patch> {
  const json = jsonOfBody(call)
  if (!json.ok) return json
  const { text, root } = json.value
  const tree = treeOf(text, root)
  return call.body?.form === 'json-patch'
    ? ok({ form: 'json', tree, at: 'patch' })
    : ok({ form: 'fhirpath', tree, at: 'Parameters' })
}

/** Which resource is meant: one by its id, or the one that criteria find. */
async function addressOf(context: Context, call: Call, item: Item): Promise<Result<Item>> {
  if (call.id !== undefined) return ok({ ...item, id: call.id })
  const { type } = call
  const targets = await targetsOf(context, call, { type, criteria: criteriaOf(call), most: 1, path: type })
  if (!targets.ok) return targets
  const [target] = targets.value
  return target === undefined ? nothingThere(item) : ok({ ...item, ...target })
}

export async function patch(context: Context, call: Call): Promise<Result<Reply>> {
  const closed =
    (await gate(context, call)) ?? (await gate(context, { ...call, interaction: 'read' })) ?? strayParameter(call)
  if (closed !== undefined) return closed
  const operations = patchOf(call)
  if (!operations.ok) return operations
  const asked = await addressOf(context, call, {
    ...{ path: call.type, method: 'PUT', type: call.type, patch: operations.value },
    ...conditionsOf(call.preferences),
  })
  if (!asked.ok) return asked
  const done = await performUnit(context, call, [asked.value])
  if (!done.ok) return done
  const [first] = done.value
  if (first === undefined) throw new Error('a patch without an outcome')
  return ok(await writeReply(context, call, first))
}
