/** `Patient/$merge`: two records of one person become one. `docs/decisions/0037-one-person-one-record.md`, `docs/how-to/merge-two-records.md` */
import { ok, type Result } from '../../../resources/outcome.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { leaveTrace } from '../trail.ts'
import { insOf } from '../write/ins.ts'
import { itemAdded } from './member-list.ts'
import { mergeReply, type Patients, unitOf } from './merge-records.ts'
import { type Attempt, type Gathered, joinOrPart, refuseFull, type Way } from './merging-attempts.ts'
import type { Pair, Side, Unfit } from './merging-pair.ts'
import { movedVersion } from './moved-version.ts'
import { type Current, memberEdit, nextVersion } from './server-version.ts'
import { sweepMerge } from './sweep-merge.ts'

/** Why two records are one person's. † */
const reasons: readonly string[] = ['CHANGEMENT_INS', 'DOUBLON']

/** What keeps the two from being merged, and the record that it is about. */
function unfitOf({ source, target }: Pair): Unfit | undefined {
  const about = (which: 'source' | 'target', found: string): Unfit => {
    const { patient } = which === 'source' ? source : target
    return { patient, found, path: `http.${which}-patient` }
  }
  const already = ({ facts }: Side): string => `one that was merged already: Patient/${facts.patient} goes on`
  if (source.facts.patient !== source.patient) return about('source', already(source))
  if (target.facts.patient !== target.patient) return about('target', already(target))
  if (source.patient === target.patient) return about('source', 'one record twice')
  if (!source.facts.open) return about('source', 'one that is closed')
  if (!target.facts.open) return about('target', 'one that is closed')
  const merged = source.facts.merged?.map(({ patient }) => `Patient/${patient}`)
  return merged === undefined
    ? undefined
    : about('source', `one into which others were merged: $unmerge ${merged.join(', ')} from it, then merge each`)
}

const linkTo = ({ row }: Current, type: 'replaced-by' | 'replaces') => ({
  ...{ other: { reference: `Patient/${row.id}` }, type },
})

/** The Patient who is left leads to the one who goes on, who keeps the former INS as an old one. */
function patientWrites(context: Context, { source, target }: Patients): readonly RowWrite[] {
  const ins = insOf(source.resource)
  return [
    nextVersion(context, source, (_text, root) => [
      memberEdit(root, 'active', 'false'),
      ...itemAdded(root, 'link', linkTo(target, 'replaced-by')),
    ]),
    nextVersion(context, target, (_text, root) => [
      ...itemAdded(root, 'link', linkTo(source, 'replaces')),
      ...(ins === undefined ? [] : itemAdded(root, 'identifier', { use: 'old', ...ins })),
    ]),
  ]
}

const said = {
  moves: 'nothing was changed; this is what would move into the record of the target',
  moved: 'the records are one; authorisations of the target hold, and what either of them denied',
} as const

async function perform(context: Context, call: Call, gathered: Gathered): Promise<Attempt> {
  const { now, pair, moving, patients, rows, keys } = gathered
  const at = { ...context, now: () => now }
  const { source, target, reason } = pair
  if (pair.preview) {
    for (const { patient } of [target, source])
      await leaveTrace(context, call, { patient, status: 200, basis: `${reason}, preview` })
    return ok(mergeReply(patients, { rows, said: said.moves, name: 'moves' }))
  }
  await context.store.merging.copyBlobs(moving)
  const merge = {
    ...({ does: 'merge', source: source.patient, target: target.patient, at: now } as const),
    ...{ keys, rows: rows.map(row => movedVersion(at, row, moving)) },
  }
  const writes = patientWrites(at, patients)
  const { outcome } = await context.store.commit(unitOf(at, call, { merge, writes, basis: reason }))
  if (outcome === 'full') return refuseFull(context, call, target.patient)
  if (outcome !== 'committed') return 'again'
  await sweepMerge(context, call, merge)
  return ok(mergeReply(patients, { rows, said: said.moved, name: 'moved' }))
}

const way: Way = { does: 'merge', reasons, unfitOf, perform }

export const merge = (context: Context, call: Call): Promise<Result<Reply>> => joinOrPart(context, call, way)
