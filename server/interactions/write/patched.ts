/** From a patch to what it would write: the current version as the caller may read it, with the operations performed on it. */
import { applyJsonPatch } from '../../../resources/json-patch.ts'
import { type JsonText, readJson } from '../../../resources/json-text.ts'
import { isRecord, type JsonTree, sameJson, treeOf, writeTree } from '../../../resources/json-tree.ts'
import { fail, failAll, ok, type Result } from '../../../resources/outcome.ts'
import { announced } from '../../../security/patched-document.ts'
import type { Found } from '../../store/store.ts'
import { decideWith, factsOf } from '../access.ts'
import { allAtOnce } from '../at-once.ts'
import { at as complaintAt, writtenAt } from '../body.ts'
import type { Call, Context } from '../interaction.ts'
import { wholeJson } from '../lifted.ts'
import { locate, type Place } from '../locate.ts'
import { nothingThere } from './absent.ts'
import { namesCurrent } from './drafts.ts'
import type { Item, Patch } from './item.ts'
import { withLargeDataApart } from './large-data.ts'

/** What a patch leaves alone: which resource it is, and what the server says of its version. */
const fixed = [['resourceType'], ['id'], ['meta', 'versionId'], ['meta', 'lastUpdated']] as const

const memberOf = (tree: JsonTree | undefined, name: string): JsonTree | undefined =>
  isRecord(tree) ? tree.members.get(name) : undefined

function keepsIdentity(before: JsonTree, after: JsonTree, { path }: Item): Result<undefined> {
  for (const names of fixed) {
    const [was, is] = [before, after].map(tree => names.reduce(memberOf, tree))
    const same = was === undefined || is === undefined ? was === is : sameJson(was, is)
    if (!same)
      return fail(
        'patchRefused',
        `expected a patch that leaves ${names.join('.')} as it is`,
        [path, ...names].join('.'),
      )
  }
  return ok(undefined)
}

function announcement(tree: JsonTree, { path }: Item): Result<JsonTree> {
  const after = announced(tree)
  if (after !== undefined) return ok(after)
  return fail('refusedByRule', 'expected a document that is hidden from its patient, found one that is not', path)
}

/** What the patch makes of a resource, as far as the regime lets patches change it. */
function applied(context: Context, tree: JsonTree, { item, patch }: { item: Item; patch: Patch }): Result<JsonTree> {
  if (patch.form === 'announcement') return announcement(tree, item)
  const after =
    patch.form === 'json'
      ? applyJsonPatch(tree, patch.tree, patch.at)
      : context.patchByPath(tree, { patch: patch.tree, at: patch.at })
  if (!after.ok) return after
  const kept = keepsIdentity(tree, after.value, item)
  if (!kept.ok) return kept
  const made = context.regime.patch(item.type, tree, after.value)
  if (made.ok) return made
  const [first, ...others] = made.failure.complaints
  return failAll(made.failure.kind, [
    complaintAt(item.path, first),
    ...others.map(each => complaintAt(item.path, each)),
  ])
}

function reread(text: string): JsonText {
  const read = readJson(text)
  if (!read.ok) throw new Error('a stored or patched resource cannot be read')
  return read.value
}

/** The row that a patch is about, within what the caller may read: a test must tell nobody what is hidden. */
async function readable(context: Context, call: Call, at: { item: Item; place: Place }): Promise<Result<Found>> {
  const { item, place } = at
  const facts = await factsOf(context, place.patient)
  const asked = { principal: call.principal, interaction: 'read', type: item.type } as const
  const decision = decideWith(context, asked, { patient: place.patient, facts })
  if (decision.effect === 'deny') return nothingThere(item)
  const row = await context.store.row(decision.restriction, item.type, place._id)
  if (row !== undefined) return ok(row)
  const tombstone = await context.store.tombstone(decision.restriction, item.type, place._id)
  return tombstone === undefined
    ? nothingThere(item)
    : fail('deleted', `expected a ${item.type} that exists, found one that was deleted`, item.path)
}

async function patchedItem(context: Context, call: Call, item: Item): Promise<Result<Item>> {
  const { patch, type, path } = item
  if (patch === undefined) return ok(item)
  const place = await locate(context, type, item.id ?? '')
  const row = place === undefined ? nothingThere(item) : await readable(context, call, { item, place })
  if (!row.ok) return row
  const current = namesCurrent(item, row.value)
  if (!current.ok) return current
  const { text, root } = reread(Buffer.from(await wholeJson(context.store, row.value)).toString())
  const before = treeOf(text, root)
  const after = applied(context, before, { item, patch })
  if (!after.ok) return after
  const { root: node, ...read } = reread(writeTree(after.value))
  const written = writtenAt(context, { ...read, node }, { type, path })
  return written.ok ? ok({ ...item, written: written.value, basis: row.value.version }) : written
}

/** Whether a unit holds a patch. */
export const holdsPatch = (items: readonly Item[]): boolean => items.some(({ patch }) => patch !== undefined)

/** @returns the items with what their patches would write; fails at the first patch that cannot be performed. */
export async function patchedItems(
  context: Context,
  call: Call,
  items: readonly Item[],
): Promise<Result<readonly Item[]>> {
  const patched = await allAtOnce(items, item => patchedItem(context, call, item))
  return patched.ok ? withLargeDataApart(patched.value, context.newUlid) : patched
}
