/** `Patient/$merge`: two records of one person become one. `docs/decisions/0037-one-person-one-record.md`, `docs/how-to/merge-two-records.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { insKey } from '../patient-names.ts'
import { leaveTrace } from '../trail.ts'
import { insOf } from '../write/ins.ts'
import { gateLife } from './life-access.ts'
import { itemAdded } from './member-list.ts'
import { mergeReply, movingRows, type Patients, patientsOf, unitOf } from './merge-records.ts'
import { type Pair, pairOf, refusePair } from './merging-pair.ts'
import { movedVersion } from './moved-version.ts'
import { type Current, memberEdit, nextVersion } from './server-version.ts'
import { sweepMerge } from './sweep-merge.ts'

/** Why two records are one person's. † */
const reasons: readonly string[] = ['CHANGEMENT_INS', 'DOUBLON']

/** How often it is thought through anew when another writer was faster. */
const mostAttempts = 16

/** What keeps the two from being merged, and the record that it is about. */
function unfitOf({ source, target }: Pair) {
  const about = (which: 'source' | 'target', found: string) => {
    const { patient } = which === 'source' ? source : target
    return { patient, found, path: `http.${which}-patient` }
  }
  if (source.facts.patient !== source.patient) return about('source', 'one that was merged already')
  if (target.facts.patient !== target.patient) return about('target', 'one that was merged already')
  if (source.patient === target.patient) return about('source', 'one record twice')
  if (!source.facts.open) return about('source', 'one that is closed')
  if (!target.facts.open) return about('target', 'one that is closed')
  return source.facts.merged === undefined
    ? undefined
    : about('source', 'one into which another was merged: part these two first')
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

type Attempt = Result<Reply> | 'again'

async function attempt(context: Context, call: Call, { pair, now }: { pair: Pair; now: number }): Promise<Attempt> {
  const { source, target, reason } = pair
  const unfit = unfitOf(pair)
  if (unfit !== undefined) return refusePair(context, call, unfit)
  const moving = { from: source.patient, to: target.patient, source: source.patient }
  const patients = await patientsOf(context, pair)
  const rows = await movingRows(context, moving)
  if (!rows.ok) return rows
  if (patients === undefined) return 'again'
  if (pair.preview) {
    for (const { patient } of [target, source])
      await leaveTrace(context, call, { patient, status: 200, basis: `${reason}, preview` })
    return ok(mergeReply(patients, { rows: rows.value, said: said.moves, name: 'moves' }))
  }
  await context.store.merging.copyBlobs(moving)
  const at = { ...context, now: () => now }
  const ins = insOf(patients.source.resource)
  const merge = {
    ...({ does: 'merge', source: source.patient, target: target.patient, at: now } as const),
    keys: ins === undefined ? [] : [insKey(context, ins.system, ins.value)],
    rows: rows.value.map(row => movedVersion(at, row, moving)),
  }
  const writes = patientWrites(at, patients)
  const { outcome } = await context.store.commit(unitOf(at, call, { merge, writes, basis: reason }))
  if (outcome !== 'committed') return 'again'
  await sweepMerge(context, call, merge)
  return ok(mergeReply(patients, { rows: rows.value, said: said.moved, name: 'moved' }))
}

export async function merge(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, 'merge')
  if (closed !== undefined) return closed
  for (let tried = 0; tried < mostAttempts; tried++) {
    const pair = await pairOf(context, call, reasons)
    if (!pair.ok) return pair
    const done = await attempt(context, call, { pair: pair.value, now: context.now() })
    if (done !== 'again') return done
  }
  return fail('conflict', 'expected to merge without being overtaken, found other writers every time; try again')
}
