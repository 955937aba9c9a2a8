/** Performs a unit of writes, all or nothing: gather, decide, write; anew when another writer was faster. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Committed } from '../../store/store.ts'
import { factsOf } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { insKey } from '../patient-names.ts'
import { nothingThere } from './absent.ts'
import { attachedDrafts } from './attached.ts'
import { checkBinaries } from './binaries.ts'
import { claimsOf, unitOf } from './composition.ts'
import { type Done, doneOf } from './done.ts'
import { draftsOf } from './drafts.ts'
import { FoundBefore } from './found-before.ts'
import { foundTelling } from './found-telling.ts'
import { fullRecord } from './full-record.ts'
import { gateAll } from './gate-all.ts'
import { inWhoseName } from './in-whose-name.ts'
import { definable, indexing, learn } from './indexed.ts'
import type { Item, UnitRecord } from './item.ts'
import { judged, proposalsOf, recordAnswers, rowWrites } from './judge.ts'
import { KeptBytes } from './kept-bytes.ts'
import { withLargeDataApart } from './large-data.ts'
import { namedBy } from './named.ts'
import { openedAlready } from './opened-already.ts'
import { holdsPatch, patchedItems } from './patched.ts'
import { known, type Pushed, pushedBy } from './push.ts'
import { recordOfUnit } from './record-of-unit.ts'
import { refused, refusedIn } from './refused.ts'
import { checkValues } from './row-size.ts'
import { deletedBy, settleAll } from './settle-all.ts'
import type { Settling } from './settling.ts'
import { supersededDrafts } from './supersede.ts'
import { foundTraces, tracePushAgain } from './traces.ts'
import { takeTurns, turnKeys } from './turns.ts'
import { checkBounds } from './unit-bounds.ts'

/**
 * How often a unit is thought through anew when its versions were overtaken. Writers of one server wait in line, but a
 * quicker server may overtake a slower one many times, and each time somebody has written.
 */
const mostAttempts = 16

type Attempt = Result<readonly Done[]> | 'again'

/** What to do when the unit was not written. */
async function overtaken(settling: Settling, items: readonly Item[], committed: Committed): Promise<Attempt> {
  const { context, record } = settling
  if (committed.outcome === 'full') return fullRecord(items)
  if (committed.outcome !== 'claimed' || record.ins === undefined) return 'again'
  const { system, value } = record.ins
  return committed.key === insKey(context, system, value) ? openedAlready(settling, items, committed.key) : 'again'
}

async function write(
  settling: Settling,
  at: { items: readonly Item[]; pushed: readonly Pushed[]; stale: ReadonlyMap<string, string> },
): Promise<Attempt> {
  const { known, store } = settling.context
  const indexed = await indexing(known)
  const rows = await settleAll(settling, at.items)
  if (!rows.ok) return rows
  const asked = await draftsOf(settling, rows.value)
  if (!asked.ok) return asked
  const { drafts, settled } = asked.value
  const implied = await supersededDrafts(settling, drafts)
  if (!implied.ok) return implied
  const proposals = proposalsOf(settling, [...drafts, ...implied.value, ...(await attachedDrafts(settling, drafts))])
  const fit = checkValues(
    proposals.flatMap(({ draft, entry }) =>
      entry === undefined ? [] : [{ search: entry.search, path: draft.settled.item.path }],
    ),
  )
  if (!fit.ok) return fit
  const labels = judged(settling, proposals, await namedBy(settling, proposals))
  if (!labels.ok) return labels
  const writes = await rowWrites(settling, proposals, labels.value)
  const done = doneOf(settled, writes)
  const told = foundTelling(settling, settled)
  if (writes.length === 0) {
    await store.audit(foundTraces(settling, settled), told)
    return ok(done)
  }
  const claims = claimsOf(settling, { settled, done, ...at })
  if ((await indexing(known)) !== indexed) return 'again'
  if (told !== undefined) await store.audit([], told) // a notice is durable before the line of what it tells
  const committed = await store.commit(unitOf(settling, writes, { claims, settled }))
  if (committed.outcome !== 'committed') return overtaken(settling, at.items, committed)
  settling.kept.written(writes)
  await learn(known, writes)
  return ok(done)
}

const nothingStale: ReadonlyMap<string, string> = new Map()

async function attempt(settling: Settling, items: readonly Item[]): Promise<Attempt> {
  const { context, call, record } = settling
  const answers = recordAnswers(settling)
  if (!answers.ok) {
    const addressed = items.find(({ method, criteria }) => method !== 'POST' && criteria === undefined)
    return addressed === undefined ? answers : nothingThere(addressed)
  }
  const pushed = pushedBy(context, call, { patient: record.patient, items })
  const before =
    pushed.length === 0 || record.patient === null
      ? ok({ stale: nothingStale })
      : await known(settling, record.patient, { items, pushed })
  if (!before.ok) return before
  if ('answer' in before.value) {
    const { answer } = before.value
    await tracePushAgain(settling, answer)
    return ok(answer.map(item => ({ ...item, status: 200 as const })))
  }
  return write(settling, { items, pushed, stale: before.value.stale })
}

const overtakenAlways = fail(
  'conflict',
  'expected to write without being overtaken, found other writers every time; try again',
)

const turns = takeTurns()

/** One attempt when the turn has come: a record that was still to be opened before may be open now. */
async function inTurn(
  context: Context,
  call: Call,
  at: { items: readonly Item[]; named: UnitRecord; kept: KeptBytes; found: FoundBefore },
): Promise<Attempt> {
  const { named } = at
  const patches = holdsPatch(at.items)
  const written = patches ? await patchedItems(context, call, at.items) : ok(at.items)
  if (!written.ok) return refusedIn(context, call, { patient: named.patient, failure: written })
  const items = written.value
  const bounded = patches ? checkBounds(context, items) : ok(undefined)
  const fit = bounded.ok ? await definable(context.known, items) : bounded
  if (!fit.ok) return refusedIn(context, call, { patient: named.patient, failure: fit })
  const record = named.opens || patches ? await recordOfUnit(context, call, items) : ok(named)
  if (!record.ok) return refused(context, call, { patient: null, failure: record })
  const { opens } = record.value
  const facts = await factsOf(context, opens ? null : record.value.patient)
  // A key of a record that was merged into another means the other.
  const patient = facts?.patient ?? record.value.patient
  const gone = await deletedBy(context, items)
  const names = inWhoseName(context, facts, items)
  const writer = { ...record.value, patient }
  const { kept, found } = at
  found.forget()
  const settling = { context, call, record: writer, facts, names, gone, now: context.now(), kept, found }
  const done = await attempt(settling, items)
  return done === 'again' || done.ok ? done : refused(context, call, { patient, failure: done, facts, opens })
}

/** What patches make may name the record that nothing names yet: it is looked for again when they are made. */
const namedOncePatched = ok<UnitRecord>({ patient: null, opens: false })

async function perform(
  context: Context,
  call: Call,
  { asked, kept }: { asked: readonly Item[]; kept: KeptBytes },
): Promise<Result<readonly Done[]>> {
  const closed = await gateAll(context, call, asked)
  if (closed !== undefined) return closed
  const bounded = checkBounds(context, asked)
  const fit = bounded.ok ? checkBinaries(asked) : bounded
  if (!fit.ok) return refused(context, call, { patient: null, failure: fit })
  const apart = withLargeDataApart(asked, context.newUlid)
  if (!apart.ok) return refused(context, call, { patient: null, failure: apart })
  const items = apart.value
  let patient: string | null = null
  const found = new FoundBefore()
  for (let tried = 0; tried < mostAttempts; tried++) {
    const now = await recordOfUnit(context, call, items)
    const named = now.ok || !holdsPatch(items) ? now : namedOncePatched
    if (!named.ok) return refused(context, call, { patient: null, failure: named })
    patient = named.value.patient
    const at = { items, named: named.value, kept, found }
    const done = await turns(turnKeys(named.value, items), () => inTurn(context, call, at))
    if (done !== 'again') return done
  }
  return refused(context, call, { patient, failure: overtakenAlways })
}

/**
 * @returns what became of each item, in order (what the server itself adds comes last); or the first reason why nothing
 * was written, already in the trail.
 */
export async function performUnit(
  context: Context,
  call: Call,
  asked: readonly Item[],
): Promise<Result<readonly Done[]>> {
  const kept = new KeptBytes(context)
  const done = await perform(context, call, { asked, kept })
  await kept.takeBack()
  return done
}
