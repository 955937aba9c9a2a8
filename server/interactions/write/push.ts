/** The same push again: a deposit is known by its depositor, patient and masterIdentifier. `access.md` section 6. */
import { objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Registered } from '../../store/store.ts'
import type { Call, Context } from '../interaction.ts'
import type { Done } from './done.ts'
import type { Item } from './item.ts'
import { type Answered, sameContent } from './same-content.ts'
import type { Settling } from './settling.ts'

/** What the registry keeps of the first answer: its items in order. */
interface FirstAnswer {
  readonly items: readonly Answered[]
}

/** A document that a unit deposits, and the key under which the registry knows it. */
export interface Pushed {
  readonly item: Item
  readonly key: string
}

function keyOf(context: Context, call: Call, at: { patient: string; item: Item }): string | undefined {
  const { patient, item } = at
  const identifier = objectOf(item.written?.resource.masterIdentifier)
  const value = textOf(identifier?.value)
  if (item.type !== 'DocumentReference' || item.method !== 'POST' || value === undefined) return undefined
  const digest = context.registryKey(
    'push',
    depositorOf(call.principal),
    patient,
    textOf(identifier?.system) ?? '',
    value,
  )
  return `${patient}/${digest}` // what a record has in the registry is found when the record is destroyed
}

/** @returns the documents of the items that have a masterIdentifier, with their keys. */
export function pushedBy(
  context: Context,
  call: Call,
  at: { readonly patient: string | null; readonly items: readonly Item[] },
): readonly Pushed[] {
  const { patient, items } = at
  if (patient === null) return []
  return items.flatMap(item => {
    const key = keyOf(context, call, { patient, item })
    return key === undefined ? [] : [{ item, key }]
  })
}

/** The answer to keep for the next time, and no more of the items than it says. */
export const firstAnswer = (done: readonly Done[]): string =>
  JSON.stringify({
    items: done.map(({ type, id, version, updated, status, write }) => ({
      ...{ type, id, version, updated, status },
      ...(write === undefined ? { found: true as const } : {}),
    })),
  } satisfies FirstAnswer)

async function stillThere(context: Context, patient: string, line: Registered): Promise<boolean> {
  const extent = { collection: 'record', patient } as const
  return (
    (await context.store.row(systemRestriction('resolve identifiers', extent), 'DocumentReference', line.resource)) !==
    undefined
  )
}

/** What the registry says of a push: its first answer, or the lines of documents that were deleted since. */
export type Known = { readonly answer: readonly Answered[] } | { readonly stale: ReadonlyMap<string, string> }

/** The first two of a unit that are one document. */
const repeated = (pushed: readonly Pushed[]): Pushed | undefined =>
  pushed.length < 2 ? undefined : pushed.find(({ key }, at) => pushed.findIndex(other => other.key === key) !== at)

/**
 * @returns the first answer to the same push; 409 when the same document was pushed with other content, 422 for one
 * document twice.
 */
export async function known(
  settling: Settling,
  patient: string,
  { items, pushed }: { readonly items: readonly Item[]; readonly pushed: readonly Pushed[] },
): Promise<Result<Known>> {
  const { context } = settling
  const stale = new Map<string, string>()
  const twice = repeated(pushed)
  if (twice !== undefined)
    return fail(
      'invalidResource',
      'expected each document once, found a masterIdentifier that another entry has',
      `${twice.item.path}.masterIdentifier`,
    )
  for (const line of await context.store.registered(pushed.map(({ key }) => key))) {
    if (!(await stillThere(context, patient, line))) {
      stale.set(line.key, line.resource)
      continue
    }
    const { items: first = [] } = JSON.parse(line.answer ?? '{}') as Partial<FirstAnswer>
    if (await sameContent(settling, items, first)) return ok({ answer: first })
    const path = pushed.find(({ key }) => key === line.key)?.item.path ?? 'DocumentReference'
    return fail(
      'alreadyPushed',
      'expected a new masterIdentifier for new content, found one that you already pushed with other content; to correct a document, replace it',
      `${path}.masterIdentifier`,
    )
  }
  return ok({ stale })
}
