/** Writes a unit: everything or nothing, one statement per collection. https://hl7.org/fhir/R4/http.html#transaction */
import { newUlid } from '../new-ids.ts'
import { identify } from './audit-group.ts'
import type { Months } from './audit-months.ts'
import type { AuditWriter } from './audit-writer.ts'
import { isStored, lineOf, type Settled, storeLines, type WriteLine } from './commit-audit.ts'
import { keyedQueue } from './commit-queue.ts'
import { claim, lostClaim } from './commit-registry.ts'
import { outside, type Written, writeCollection } from './commit-rows.ts'
import type { Deployment } from './deployment.ts'
import { recompile, touch } from './record-facts.ts'
import { type Relabelled, relabel, relabelTrail } from './relabel.ts'
import { type InTransaction, insert } from './statements.ts'
import type { Committed, Store, Unit } from './store.ts'
import { inTransaction } from './unit-of-work.ts'

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
const keysOf = ({ writes, claims, record }: Unit): readonly string[] => [
  ...writes.filter(({ expected }) => expected > 0).map(({ row }) => `row ${row._id}`),
  ...claims.map(({ key }) => `key ${key}`),
  ...(record?.recompile === true ? [`record ${record.patient}`] : []),
]

/** The record that the unit's rows belong to. */
const patientOf = ({ record, writes }: Unit): string | undefined =>
  record?.patient ?? writes.find(({ row }) => row.patient !== null)?.row.patient ?? undefined

async function changeFacts(at: InTransaction, zone: string, { unit, turns }: { unit: Unit; turns: boolean }) {
  const patient = patientOf(unit)
  const { depositor = null, authors = [] } = unit.record ?? {}
  if (patient === undefined) return { masked: [], lifted: [] }
  if (unit.record?.recompile === true) return recompile(at, { patient, depositor, authors, zone })
  await touch(at, { patient, depositor, authors, turns })
  return { masked: [], lifted: [] }
}

/** Settles who may see the record, and labels what is masked otherwise since. */
async function settleAccess(
  at: InTransaction,
  parts: Parts,
  done: { unit: Unit; rows: readonly Written[] },
): Promise<readonly Relabelled[]> {
  const { unit, rows } = done
  const changed = rows.filter(({ passesOnOther }) => passesOnOther).map(({ row }) => row._id)
  const turns = changed.length > 0 || outside(unit.writes.map(({ row }) => row)).length > 0
  const { masked, lifted } = await changeFacts(at, parts.zone, { unit, turns })
  const patient = patientOf(unit)
  if (patient === undefined) return []
  const changes = await relabel(at, { patient, masked, lifted, changed })
  if (changes.length > 0) await relabelTrail(at, { patient, months: await parts.months.list(), changes })
  return changes
}

const settledMasks = (rows: readonly Written[], changes: readonly Relabelled[]): Settled =>
  new Map(
    [...rows.map(({ row }) => row), ...changes].map(({ type, id, mask, hiddenUntil }) => [
      `${type}/${id}`,
      { mask, hiddenUntil },
    ]),
  )

async function perform(at: InTransaction, parts: Parts, { unit, lines, notices }: Prepared): Promise<Committed> {
  await claim(at, unit)
  const directory = await writeCollection(at, 'directory', writesOf(unit, 'directory'))
  const record = await writeCollection(at, 'record', writesOf(unit, 'record'))
  const changes = await settleAccess(at, parts, { unit, rows: record })
  await storeLines(at, lines, {
    chain: parts.writer.chain(),
    settled: settledMasks([...directory, ...record], changes),
  })
  await insert(at, 'outbox', [...notices])
  return committed
}

function prepare(unit: Unit, now: number): Prepared {
  const lines = unit.audit.map(entry => lineOf(identify(entry, now)))
  const notices = unit.outbox.map(({ patient, topic, about }) => ({
    _id: newUlid(now),
    patient,
    at: new Date(now),
    topic,
    about: [...about],
  }))
  return { unit, lines, notices }
}

async function write(parts: Parts, prepared: Prepared): Promise<Committed> {
  const { client, db } = parts.deployment
  const links = prepared.lines.map(({ link }) => link)
  try {
    const outcome = await inTransaction(client, {
      perform: session => perform({ db, session }, parts, prepared),
      wasCommitted: async () => {
        const [line] = prepared.lines
        return line !== undefined && (await isStored({ db }, line)) ? committed : undefined
      },
    })
    if (outcome.outcome === 'committed') parts.writer.link(links)
    return outcome
  } catch (error) {
    parts.writer.doubt(links)
    throw error
  }
}

/** @returns `Store.commit`. */
export function openCommit(parts: Parts): Store['commit'] {
  const inLine = keyedQueue()
  return async unit => {
    await parts.months.ensure(unit.audit.map(({ at }) => at))
    const prepared = prepare(unit, parts.deployment.now())
    return inLine(keysOf(unit), async waited => {
      const lost = waited ? await lostClaim(parts.deployment, unit.claims) : undefined
      return lost ?? write(parts, prepared)
    })
  }
}
