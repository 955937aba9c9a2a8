/** Agreements from before they were told apart: the oldest opened the record, the others agreed to one that was open. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import { everything } from '../../../search/query.ts'
import type { Stored } from '../../../security/regime.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import { asLater, isAgreement, isUnmarked } from '../../../security/writes/opening-consent.ts'
import type { Row } from '../../store/store.ts'
import type { Context } from '../interaction.ts'

type Current = Stored & { readonly row: Row }

/** A record is opened by one of the first Consents that are written into it. */
const oldest = 20

/** @returns the Consent as one that agrees to an open record, where an older one of the record in which it was written is the agreement. */
export async function toldApart({ store }: Pick<Context, 'store'>, before: Current): Promise<Current> {
  const { type, patient } = before.row
  if (type !== 'Consent' || patient === null || !isUnmarked(before)) return before
  const restriction = systemRestriction('current version of an update', { collection: 'record', patient })
  const written = before._id.slice(0, patient.length + 1)
  const order = { by: '_id', descending: false } as const
  const after = { value: written, tie: written }
  const first = await store.page({ restriction, type, query: everything, order, after, limit: oldest })
  for (const { _id } of first) {
    if (_id >= before._id) break
    const older = await store.stored(restriction, type, _id)
    if (older !== undefined && isAgreement(older)) return { ...before, labels: asLater(before.labels) }
  }
  return before
}
