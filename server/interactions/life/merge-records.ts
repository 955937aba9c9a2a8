/** The unit that makes one record of two, and what it tells. `docs/decisions/0037-one-person-one-record.md` */
import { bytesOf } from '../../../resources/bundle.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { AuditTarget } from '../../../security/audit-entry.ts'
import { firstDeposit } from '../../../security/writes/first-deposit.ts'
import type { Merge } from '../../store/merge-records.ts'
import type { RowWrite, Unit } from '../../store/store.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { instant, one, type Parameter, parts } from '../parameters-reply.ts'
import { traceOf } from '../trail.ts'
import type { Pair } from './merging-pair.ts'
import { type Current, currentOf } from './server-version.ts'

/** So many rows move in one transaction: some seconds of work. A record that has more is not merged. */
export const mostMoved = 5000

/** The Patients of both records. */
export interface Patients {
  readonly source: Current
  readonly target: Current
}

/** @returns the rows that move; fails with `tooCostly` for more than one transaction takes. */
export async function movingRows(
  context: Context,
  moving: { readonly from: string; readonly to: string; readonly source: string },
): Promise<Result<readonly Current[]>> {
  const rows = await context.store.merging.rows(moving, mostMoved + 1)
  if (rows.length <= mostMoved) return ok(rows)
  return fail('tooCostly', `expected at most ${mostMoved} resources to move, found more`, 'http.source-patient')
}

export async function patientsOf(context: Context, { source, target }: Pair): Promise<Patients | undefined> {
  const [one, other] = await Promise.all(
    [source, target].map(({ patient }) => currentOf(context, { patient, type: 'Patient', _id: patient })),
  )
  return one === undefined || other === undefined ? undefined : { source: one, target: other }
}

const targetOf = ({ row }: RowWrite): AuditTarget => ({
  ...{ type: row.type, id: row.id, version: row.version },
  ...{ documentType: row.documentType, mask: row.mask, hiddenUntil: row.hiddenUntil },
})

/** @returns what is written together: a line in the trail of each record says who did it, when and why. */
export function unitOf(
  context: Context,
  call: Call,
  at: { readonly merge: Merge; readonly writes: readonly RowWrite[]; readonly basis: string },
): Unit {
  const { merge, writes, basis } = at
  const records = merge.does === 'sweep' ? [merge.target] : [merge.target, merge.source]
  const audit = records.map(patient => {
    const own = writes.filter(({ row }) => row._id === patient)
    return traceOf(context, call, { patient, status: 200, basis, targets: own.map(targetOf) })
  })
  // What leaves a record for good is destroyed there, and its trail must say so.
  if (merge.listed !== undefined && merge.listed.length > 0)
    audit.push(traceOf(context, { ...call, operation: 'destroy' }, { patient: merge.target, status: 200, basis }))
  const record = { patient: merge.target, depositor: null, recompile: true }
  return { writes, claims: [], releases: [], record, merge, audit, outbox: [] }
}

/** How much moves, by type: no type of document, and nothing of what they say. */
function movedParts(name: string, rows: readonly Current[]): readonly Parameter[] {
  const numbers = new Map<string, number>()
  for (const { row } of rows) numbers.set(row.type, (numbers.get(row.type) ?? 0) + 1)
  const types = [...numbers].toSorted(([type], [other]) => (type < other ? -1 : 1))
  return types.map(([type, number]) => parts(name, one('type', 'Code', type), one('count', 'UnsignedInt', number)))
}

/** Deposited since the merge in the name of the source. */
const depositedParts = ({ row }: Current): Parameter =>
  parts(
    'named-source',
    one('resource', 'Reference', { reference: `${row.type}/${row.id}` }),
    one('deposited', 'Instant', instant(firstDeposit(row._id) ?? row.updated)),
  )

/** @returns what was done, or would be. https://hl7.org/fhir/R5/patient-operation-merge.html */
export function mergeReply(
  patients: Patients,
  at: {
    readonly rows: readonly Current[]
    readonly said: string
    readonly name: 'moved' | 'moves'
    /** References before and after. */
    readonly gone?: readonly (readonly [string, string])[]
    readonly inItsName?: readonly Current[]
  },
): Reply {
  const reference = ({ row }: Current) => ({ reference: `Patient/${row.id}` })
  const issue = [{ severity: 'information', code: 'informational', diagnostics: at.said }]
  const parameter = [
    { name: 'outcome', resource: { resourceType: 'OperationOutcome', issue } },
    ...one('source-patient', 'Reference', reference(patients.source)),
    ...one('target-patient', 'Reference', reference(patients.target)),
    ...movedParts(at.name, at.rows),
    ...(at.gone ?? []).map(([from, to]) =>
      parts('resource', one('from', 'Reference', { reference: from }), one('to', 'Reference', { reference: to })),
    ),
    ...(at.inItsName ?? []).map(depositedParts),
  ]
  return { status: 200, headers: {}, body: bytesOf({ resourceType: 'Parameters', parameter }) }
}
