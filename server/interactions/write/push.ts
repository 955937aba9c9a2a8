/** The same push again: a deposit is known by its depositor, patient and masterIdentifier. `access.md` section 6. */
import { createHash } from 'node:crypto'
import { canonicalJson, type Respell } from '../../../resources/canonical-json.ts'
import { objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { depositorOf } from '../../../security/actors.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Registered } from '../../store/store.ts'
import type { Call, Context } from '../interaction.ts'
import type { Item } from './item.ts'

/** What the first answer said of one item. */
export interface Answered {
  readonly type: string
  readonly id: string
  readonly version: number
  /** Milliseconds since 1970. */
  readonly updated: number
}

interface FirstAnswer {
  readonly hash: string
  readonly items: readonly Answered[]
}

/** A unit that deposits documents: the keys under which the registry knows it, and the digest of what it holds. */
export interface Push {
  readonly keys: readonly { readonly item: Item; readonly key: string }[]
  readonly hash: string
}

/** Puts the digest of data in the place of their mark, which is another one at every push. */
function withoutMarks(items: readonly Item[], respell: Respell): Respell {
  const data = items.find(({ written }) => written?.data !== undefined)?.written?.data
  if (data === undefined) return respell
  return letters => data.get(letters.slice(1, -1))?.digest() ?? respell(letters)
}

/** Replaces the names that entries give each other, which a client makes anew for every push, by their places. */
function withoutNames(items: readonly Item[]): Respell {
  const names = items.flatMap(({ fullUrl }, at) =>
    fullUrl?.startsWith('urn:') === true ? [[fullUrl, `entry:${at}`] as const] : [],
  )
  const inPlace = (letters: string): string =>
    names.reduce((rest, [name, place]) => rest.replaceAll(name, place), letters)
  return letters => (letters.includes('urn:') ? inPlace(letters) : letters)
}

function digestOf(items: readonly Item[]): string {
  const hash = createHash('sha256')
  const respell = withoutMarks(items, withoutNames(items))
  for (const { method, type, id = '', ifNoneExist = '', written } of items) {
    const text = written === undefined ? '' : canonicalJson(written.text, written.node, respell)
    hash.update(`${method} ${type}/${id}?${ifNoneExist} ${text}\n`)
  }
  return hash.digest('hex')
}

function keyOf(context: Context, call: Call, at: { patient: string; item: Item }): string | undefined {
  const { patient, item } = at
  const identifier = objectOf(item.written?.resource.masterIdentifier)
  const value = textOf(identifier?.value)
  if (item.type !== 'DocumentReference' || item.method !== 'POST' || value === undefined) return undefined
  return context.registryKey('push', depositorOf(call.principal), patient, textOf(identifier?.system) ?? '', value)
}

/** @returns the push that the items are, or undefined when they deposit no document that has a masterIdentifier. */
export function pushOf(
  context: Context,
  call: Call,
  at: { readonly patient: string | null; readonly items: readonly Item[] },
): Push | undefined {
  const { patient, items } = at
  if (patient === null) return undefined
  const keys = items.flatMap(item => {
    const key = keyOf(context, call, { patient, item })
    return key === undefined ? [] : [{ item, key }]
  })
  return keys.length === 0 ? undefined : { keys, hash: digestOf(items) }
}

/** The answer to keep for the next time, and no more of the items than it says. */
export const firstAnswer = (push: Push, items: readonly Answered[]): string =>
  JSON.stringify({
    hash: push.hash,
    items: items.map(({ type, id, version, updated }) => ({ type, id, version, updated })),
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

/** @returns the first answer to the same push; 409 when the same document was pushed with other content, 422 for one document twice. */
export async function known(context: Context, patient: string, push: Push): Promise<Result<Known>> {
  const stale = new Map<string, string>()
  const twice = push.keys.find(({ key }, at) => push.keys.findIndex(other => other.key === key) !== at)
  if (twice !== undefined)
    return fail(
      'invalidResource',
      'expected each document once, found a masterIdentifier that another entry has',
      `${twice.item.path}.masterIdentifier`,
    )
  for (const line of await context.store.registered(push.keys.map(({ key }) => key))) {
    if (!(await stillThere(context, patient, line))) {
      stale.set(line.key, line.resource)
      continue
    }
    const first = JSON.parse(line.answer ?? '{}') as Partial<FirstAnswer>
    if (first.hash === push.hash && first.items !== undefined) return ok({ answer: first.items })
    const path = push.keys.find(({ key }) => key === line.key)?.item.path ?? 'DocumentReference'
    return fail(
      'alreadyPushed',
      'expected a new masterIdentifier for new content, found one that you already pushed with other content; to correct a document, replace it',
      `${path}.masterIdentifier`,
    )
  }
  return ok({ stale })
}
