/** What the token alone refuses of a unit, before anything is looked up. `access.md` section 3. */
import type { Result } from '../../../resources/outcome.ts'
import type { Interaction } from '../../../resources/resource.ts'
import { sayRefusal } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import type { Item } from './item.ts'

const interactions = { POST: ['create'], PUT: ['update'], DELETE: ['delete'] } as const satisfies Record<
  Item['method'],
  readonly Interaction[]
>

/** A patch tells what is there, so that it needs to be read; criteria of an update may find nothing, and create. */
const ofPatch = ['patch', 'read'] as const
const ofCriteria = ['update', 'create'] as const

function interactionsOf({ method, patch, criteria }: Item): readonly Interaction[] {
  if (patch !== undefined) return ofPatch
  return criteria === undefined ? interactions[method] : ofCriteria
}

const isPatient = ({ type, method }: Item): boolean => type === 'Patient' && method === 'POST'

/** @returns the first refusal, already in the trail; undefined when every item may be tried. */
export async function gateAll(
  context: Context,
  call: Call,
  items: readonly Item[],
): Promise<Result<never> | undefined> {
  const { principal } = call
  const opens = items.some(isPatient)
  for (const item of items)
    for (const interaction of interactionsOf(item)) {
      const { type } = item
      const asked = { principal, interaction, type, now: context.now() }
      const after = item.written?.resource
      const denial = context.regime.gate(after === undefined ? asked : { ...asked, after, opens })
      if (denial !== undefined) return sayRefusal(context, { ...call, interaction, type }, { denial, patient: null })
    }
  return undefined
}
