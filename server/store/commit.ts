/** Writes units, each of them everything or nothing: one statement per collection, also for several units at once. https://hl7.org/fhir/R4/http.html#transaction */
import { changeOpening } from './announced.ts'
import { identify } from './audit-group.ts'
import type { Months } from './audit-months.ts'
import type { AuditWriter } from './audit-writer.ts'
import { isStored, lineOf, type Settled, storeLines, type WriteLine } from './commit-audit.ts'
import { keyedQueue } from './commit-queue.ts'
import { claim, lostClaim } from './commit-registry.ts'
import { outside, type Written, writeCollection } from './commit-rows.ts'
import { standsAlone, togetherLimits } from './commit-together.ts'
import { compileParted } from './compile-parted.ts'
import type { Deployment } from './deployment.ts'
import { erase } from './erasure.ts'
import { inGroups } from './groups.ts'
import { mergeRecords } from './merge-records.ts'
import { noticeDocument } from './notice-document.ts'
import { followLabels } from './notices-shown.ts'
import { recompile, touch } from './record-facts.ts'
import { relabel } from './relabel.ts'
import { type InTransaction, insert } from './statements.ts'
import type { Collection, Committed, Store, Unit } from './store.ts'
import { type MaskChange, noteMasks } from './target-masks.ts'
import { Unavailable } from './unavailable.ts'
import { inTransaction, Overrun, type UnitOfWork } from './unit-of-work.ts'

interface Parts {
  readonly deployment: Deployment
  readonly months: Months
  readonly writer: AuditWriter
  /** Time zone of days in consents. */
  readonly zone: string
}

/** A unit with all that must not differ between attempts. */
interface Prepared {
  readonly unit: Unit
  readonly lines: readonly WriteLine[]
  readonly notices: readonly object[]
}

const committed: Committed = { outcome: 'committed' }

const writesOf = ({ writes }: Unit, collection: string) => writes.filter(write => write.collection === collection)

/** Who writes the same row, claims the same key or changes the facts of the same record waits in line. */
const keysOf = ({ writes, claims, record, merge }: Unit): readonly string[] => [
  ...writes.filter(({ expected }) => expected > 0).map(({ row }) => `row ${row._id}`),
  ...claims.map(({ key }) => `key ${key}`),
  ...(record?.recompile === true ? [`record ${record.patient}`] : []),
  ...(merge === undefined ? [] : [`record ${merge.source}`]),
]

/** The record that the unit's rows belong to. */
const patientOf = ({ record, writes }: Unit): string | undefined =>
  record?.patient ?? writes.find(({ row }) => row.patient !== null)?.row.patient ?? undefined

const decidedAt = ({ writes }: Unit): number => Math.max(0, ...writes.map(({ row }) => row.updated))

async function changeFacts(at: InTransaction, parts: Parts, { unit, turns }: { unit: Unit; turns: boolean }) {
  const patient = patientOf(unit)
  const { depositor = null, authors = [] } = unit.record ?? {}
  if (patient === undefined) return { masked: [], lifted: [] }
  const { zone } = parts
  if (unit.record?.recompile === true) {
    const { record, writes, merge } = unit
    const merges = merge !== undefined
    return recompile(at, { ...record, depositor, authors, zone, writes, merges, at: decidedAt(unit) })
  }
  await touch(at, { patient, depositor, authors, turns })
  return { masked: [], lifted: [] }
}

/** Settles who may see the record, and labels what is masked otherwise since. */
async function settleAccess(
  at: InTransaction,
  parts: Parts,
  done: { unit: Unit; rows: readonly Written[] },
): Promise<readonly MaskChange[]> {
  const { unit, rows } = done
  const otherwise = rows.filter(({ passesOnOther }) => passesOnOther).map(({ row }) => row)
  const changed = otherwise.map(({ _id }) => _id)
  const turns = changed.length > 0 || outside(unit.writes.map(({ row }) => row)).length > 0
  const { masked, lifted } = await changeFacts(at, parts, { unit, turns })
  const patient = patientOf(unit)
  if (patient === undefined) return []
  const changes = await relabel(at, { patient, masked, lifted, changed })
  await noteMasks(at, patient, [...rows.flatMap(({ maskChange }) => maskChange ?? []), ...changes])
  const labelled = [...otherwise, ...changes]
  if (labelled.length > 0) await followLabels(at, { patient, labelled, now: decidedAt(unit) })
  return changes
}

const settledMasks = (rows: readonly Written[], changes: readonly MaskChange[]): Settled =>
  new Map(
    [...rows.map(({ row }) => row), ...changes].map(({ type, id, mask, hiddenUntil }) => [
      `${type}/${id}`,
      { mask, hiddenUntil },
    ]),
  )

const rowsOf = ({ writes }: Unit, rows: readonly Written[]): readonly Written[] => {
  const own = new Set(writes.map(({ row }) => row._id))
  return rows.filter(({ row }) => own.has(row._id))
}

async function perform(at: InTransaction, parts: Parts, group: readonly Prepared[]): Promise<Committed> {
  const units = group.map(({ unit }) => unit)
  const writes = (collection: Collection) => units.flatMap(unit => writesOf(unit, collection))
  await claim(at, units)
  for (const { opening } of units) if (opening !== undefined) await changeOpening(at, opening)
  for (const { erasure } of units) if (erasure !== undefined) await erase(at, erasure)
  for (const { merge } of units) if (merge !== undefined) await mergeRecords(at, merge)
  const directory = await writeCollection(at, 'directory', writes('directory'))
  const record = await writeCollection(at, 'record', writes('record'))
  const changes: MaskChange[] = []
  for (const unit of units) changes.push(...(await settleAccess(at, parts, { unit, rows: rowsOf(unit, record) })))
  for (const { merge } of units) if (merge?.does === 'unmerge') await compileParted(at, parts, merge)
  await storeLines(
    at,
    group.flatMap(({ lines }) => lines),
    { chain: parts.writer.chain(), settled: settledMasks([...directory, ...record], changes) },
  )
  await insert(
    at,
    'outbox',
    group.flatMap(({ notices }) => notices),
  )
  return committed
}

function prepare(unit: Unit, now: number): Prepared {
  const lines = unit.audit.map(entry => lineOf(identify(entry, now)))
  return { unit, lines, notices: unit.outbox.map(notice => noticeDocument(notice, now)) }
}

const linksOf = (group: readonly Prepared[]) => group.flatMap(({ lines }) => lines.map(({ link }) => link))

async function write(
  parts: Parts,
  group: readonly Prepared[],
  trying: Pick<UnitOfWork<Committed>, 'doubtful' | 'attempts'>,
): Promise<Committed> {
  const { commands } = parts.deployment
  const outcome = await inTransaction(commands, {
    perform: at => perform(at, parts, group),
    wasCommitted: async () => {
      const [line] = group.flatMap(({ lines }) => lines)
      return line !== undefined && (await isStored(commands, line)) ? committed : undefined
    },
    ...trying,
  })
  if (outcome.outcome === 'committed') parts.writer.link(linksOf(group))
  return outcome
}

/** Whether it is worth while to write each unit of a group by itself: not when the database does not answer. */
const isOfOne = (error: unknown): boolean => error instanceof Overrun || !(error instanceof Unavailable)

/** Several units in one transaction, tried once. What stops or breaks it may concern one of them: then they are written apart. */
async function writeTogether(parts: Parts, group: readonly Prepared[]): Promise<Committed | 'apart'> {
  if (group.length === 1) return writeAlone(parts, group, false)
  try {
    const { outcome } = await write(parts, group, { attempts: 1 })
    return outcome === 'committed' ? committed : 'apart'
  } catch (error) {
    if (isOfOne(error)) return 'apart'
    parts.writer.doubt(linksOf(group))
    throw error
  }
}

/** @param doubtful whether the unit may have been committed with its group. */
async function writeAlone(parts: Parts, unit: readonly Prepared[], doubtful: boolean): Promise<Committed> {
  try {
    return await write(parts, unit, { doubtful })
  } catch (error) {
    parts.writer.doubt(linksOf(unit))
    throw error
  }
}

/** @returns `Store.commit`. */
export function openCommit(parts: Parts): Store['commit'] {
  const inLine = keyedQueue()
  const together = inGroups((group: readonly Prepared[]) => writeTogether(parts, group), togetherLimits)
  const writeOne = async (prepared: Prepared): Promise<Committed> => {
    if (standsAlone(parts.deployment, prepared.unit)) return writeAlone(parts, [prepared], false)
    const done = await together(prepared)
    return done === 'apart' ? writeAlone(parts, [prepared], true) : done
  }
  return async unit => {
    await parts.months.ensure(unit.audit.map(({ at }) => at))
    const prepared = prepare(unit, parts.deployment.now())
    return inLine(keysOf(unit), async waited => {
      const lost = waited ? await lostClaim(parts.deployment, unit.claims) : undefined
      return lost ?? writeOne(prepared)
    })
  }
}
