/**
 * What may not be written whoever asks. It is said when all else is right: who may not write even what never was learns
 * that alone. `docs/decisions/0008-hidden-takes-the-path-of-absent.md`
 */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Proposal } from './draft.ts'
import { nobodysRecord } from './record-of-unit.ts'
import type { Settling } from './settling.ts'

/** @returns the refusal of the first that is for a patient whom nobody knows, or stands under an id that is taken. */
export function refusedAnyway({ record }: Settling, proposals: readonly Proposal[]): Result<unknown> {
  const nobodys =
    record.patient === nobodysRecord ? proposals.find(({ draft }) => draft.settled.collection === 'record') : undefined
  if (nobodys !== undefined) {
    const { path } = nobodys.draft.settled.item
    return fail('refusedByRule', 'expected a reference to a Patient that exists, found none', path)
  }
  return proposals.find(({ draft }) => draft.settled.taken !== undefined)?.draft.settled.taken ?? ok(undefined)
}
