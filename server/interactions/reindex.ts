/** How far the index of a search parameter is, and to begin it anew. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import { bytesOf } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import { isComplete, runFor } from '../search-parameters/definitions.ts'
import type { KnownParameters } from '../search-parameters/known.ts'
import type { Found } from '../store/store.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import { visibleRow } from './read.ts'
import { targetOf, traceOf } from './trail.ts'

/** Where a definition stands. */
interface Standing {
  readonly status: 'not-used' | 'waiting' | 'indexing' | 'complete'
  readonly reason?: string
  readonly looked?: number
  readonly about?: number
  /** Resources that hold too much to be indexed. */
  readonly leftOut?: number
}

function standingOf({ standing, definition }: Pick<KnownParameters, 'standing' | 'definition'>, row: Found): Standing {
  const known = definition(row._id)
  if (known === undefined) return { status: 'not-used', reason: 'expected the status active' }
  if (!known.parameter.ok) return { status: 'not-used', reason: known.parameter.failure.complaints[0].diagnostics }
  const leftOut = standing.complete.get(row._id)?.leftOut ?? 0
  if (isComplete(standing, known)) return { status: 'complete', ...(leftOut === 0 ? {} : { leftOut }) }
  const run = runFor(standing, known)
  return run === undefined ? { status: 'waiting' } : { status: 'indexing', looked: run.looked, about: run.about }
}

const toParameters = ({ status, reason, looked, about, leftOut }: Standing) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'status', valueCode: status },
    ...(reason === undefined ? [] : [{ name: 'reason', valueString: reason }]),
    ...(looked === undefined ? [] : [{ name: 'looked', valueInteger: looked }]),
    ...(about === undefined ? [] : [{ name: 'about', valueInteger: about }]),
    ...(leftOut === undefined ? [] : [{ name: 'leftOut', valueInteger: leftOut }]),
  ],
})

/** Asked by GET it tells; asked by POST it begins anew, which takes the right to write the definition. */
export async function reindex(context: Context, call: Call): Promise<Result<Reply>> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const begins = call.tells !== true
  const found = await visibleRow(context, { ...call, interaction: begins ? 'update' : 'read' })
  if ('refused' in found) return found.refused
  const { known, store } = context
  if (begins) {
    const { patient } = found.place
    await store.audit([traceOf(context, call, { patient, status: 200, targets: [targetOf(found.row)] })])
    await known.again(found.row._id)
  }
  await known.look()
  const { standing } = known
  const body = bytesOf(toParameters(standingOf({ standing, definition: _id => known.definition(_id) }, found.row)))
  return ok({ status: 200, headers: {}, body })
}
