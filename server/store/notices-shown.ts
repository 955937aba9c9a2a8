/** Notices that wait for what is hidden from the patient follow its labels, in the transaction that changes them. `docs/decisions/0035-notices.md` */
import { type InTransaction, update } from './statements.ts'
import type { TargetMask } from './target-masks.ts'

const invisiblePatient = 2
const invisibleRepresentants = 4

/** Told as soon as the first of what they wait for is shown; kept in the record as soon as it is hidden from representatives. */
export async function followLabels(
  at: InTransaction,
  {
    patient,
    labelled,
    now,
  }: { readonly patient: string; readonly labelled: readonly TargetMask[]; readonly now: number },
): Promise<void> {
  const those = (having: (mask: number) => boolean) => {
    const names = labelled.filter(({ mask }) => having(mask)).map(({ type, id }) => `${type}/${id}`)
    return { names, q: { patient, due: { $exists: true }, waitsFor: { $in: names } }, multi: true, hint: 'turn' }
  }
  const secret = those(mask => (mask & invisibleRepresentants) !== 0)
  const shown = those(mask => (mask & invisiblePatient) === 0)
  const told = { $set: { due: new Date(now), order: new Date(now) }, $unset: { waitsFor: '' } }
  const changes = [
    { ...secret, u: { $set: { secret: true } } },
    { ...shown, u: told },
  ].filter(({ names }) => names.length > 0)
  if (changes.length > 0)
    await update(
      at,
      'outbox',
      changes.map(({ names: _names, ...change }) => change),
    )
}
