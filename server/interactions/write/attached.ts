/** A Binary that was uploaded before takes the labels and the date of the document that now carries it: it becomes a write of the unit. */
import type { Resource } from '../../../resources/resource.ts'
import { attachedBinaries } from '../../../security/companion-targets.ts'
import type { Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import type { Draft } from './draft.ts'
import { serverDraft } from './server-draft.ts'
import type { Settling } from './settling.ts'

/** Whether two versions stand at one place in time: a period that the patient hides holds both or none. */
const sameDate = ({ canonicalDate }: Context, one: Resource, other: Resource): boolean =>
  canonicalDate(one, 0) === canonicalDate(other, 0)

/** The Binaries that a document names for the first time; all of them when its date moves, for theirs is the same. */
function newlyAttached(context: Context, { after, before }: Draft): readonly string[] {
  if (after === undefined) return []
  const stays = before !== undefined && sameDate(context, before.resource, after.resource)
  const held = new Set(stays ? attachedBinaries(before.resource) : [])
  return attachedBinaries(after.resource).filter(binary => !held.has(binary))
}

/** @returns one draft for each stored Binary that documents of the unit attach; what is not visible is left to the judge. */
export async function attachedDrafts(settling: Settling, drafts: readonly Draft[]): Promise<readonly Draft[]> {
  const written = new Set(drafts.map(({ settled }) => `${settled.item.type}/${settled.id}`))
  const found: Draft[] = []
  for (const draft of drafts) {
    for (const binary of newlyAttached(settling.context, draft)) {
      if (written.has(binary)) continue
      written.add(binary)
      const place = await locate(settling.context, 'Binary', binary.slice('Binary/'.length))
      const { path } = draft.settled.item
      const attached = place && (await serverDraft(settling, { type: 'Binary', place, path, changes: () => [] }))
      if (attached !== undefined) found.push(attached)
    }
  }
  return found
}
