/** What is written together: rows, lines of the registry, the trail and what must be delivered. */
import { authorKey } from '../../../search/key.ts'
import { depositorOf } from '../../../security/actors.ts'
import type { AuditEntry } from '../../../security/audit-entry.ts'
import { unknownTo } from '../../../security/known-actors.ts'
import { depositNotices } from '../../../security/notices.ts'
import { isLabelled } from '../../../security/sensitivity.ts'
import type { Claim, RowWrite, Unit } from '../../store/store.ts'
import { insKey } from '../patient-names.ts'
import { traceOf } from '../trail.ts'
import type { Done } from './done.ts'
import type { Settled } from './item.ts'
import { firstAnswer, type Pushed } from './push.ts'
import { chosenKey } from './settle.ts'
import type { Settling } from './settling.ts'
import { foundTraces } from './traces.ts'

/** What the registry must say of a unit. */
interface Claiming {
  readonly settled: readonly Settled[]
  readonly pushed: readonly Pushed[]
  readonly done: readonly Done[]
  /** Lines of pushes whose documents were deleted since, by key. */
  readonly stale: ReadonlyMap<string, string>
}

const claim = (key: string, { collection, _id }: Settled, replaces: string | undefined): Claim => ({
  key,
  collection,
  resource: _id,
  ...(replaces === undefined ? {} : { replaces }),
})

/** The INS under which a record that opens is found from now on. */
function openingClaims({ context, record }: Settling): readonly Claim[] {
  const { opens, ins, patient } = record
  if (!opens || ins === undefined || patient === null || !context.regime.onePatient) return []
  return [{ key: insKey(context, ins.system, ins.value), collection: 'record', resource: patient }]
}

function itemClaims(
  { context }: Settling,
  one: Settled,
  { pushed, stale, answer }: Claiming & { readonly answer: string },
): readonly Claim[] {
  if (one.existing !== undefined) return []
  const document = pushed.find(({ item }) => item === one.item)
  return [
    ...(one.chosen ? [claim(chosenKey(context, one), one, undefined)] : []),
    ...(one.guard === undefined ? [] : [claim(one.guard.key, one, one.guard.replaces)]),
    ...(document === undefined ? [] : [{ ...claim(document.key, one, stale.get(document.key)), answer }]),
  ]
}

/** The lines of the registry that the unit must own. */
export function claimsOf(settling: Settling, claiming: Claiming): readonly Claim[] {
  const { pushed, done, settled } = claiming
  const answer = pushed.length === 0 ? '' : firstAnswer(done)
  return [...openingClaims(settling), ...settled.flatMap(one => itemClaims(settling, one, { ...claiming, answer }))]
}

/** Writes that change who may see the record. */
const compiled = new Set(['Patient', 'Consent', 'CareTeam', 'RelatedPerson'])

/** Rows whose new version a patch made; undefined where none did. */
const patchedBy = (settled: readonly Settled[]): ReadonlySet<string> | undefined =>
  settled.some(({ item }) => item.patch !== undefined)
    ? new Set(settled.flatMap(({ item, _id }) => (item.patch === undefined ? [] : [_id])))
    : undefined

function auditOf(settling: Settling, writes: readonly RowWrite[], settled: readonly Settled[]): readonly AuditEntry[] {
  const { context, call } = settling
  const patched = patchedBy(settled)
  return writes.map(({ row, expected, deletes }) => {
    const changes = patched?.has(row._id) ? 'patch' : 'update'
    const interaction = deletes ? 'delete' : expected === 0 ? 'create' : changes
    const { type, id, version, documentType, mask, hiddenUntil } = row
    const status = deletes ? 204 : expected === 0 ? 201 : 200
    const targets = [{ type, id, version, documentType, mask, hiddenUntil }]
    return traceOf(context, { ...call, interaction, type }, { patient: row.patient, status, basis: 'deposit', targets })
  })
}

const authorMark = authorKey('rpps:')

/** Whom rows name as authors by RPPS. */
const authorsOf = (writes: readonly RowWrite[]): readonly string[] => [
  ...new Set(
    writes.flatMap(({ row }) =>
      row.search.token.filter(token => token.startsWith(authorMark)).map(token => token.slice(authorKey('').length)),
    ),
  ),
]

/** What the unit changes of the row that every decision about the record reads; undefined when nothing. */
function recordChange({ context, call, record, facts }: Settling, writes: readonly RowWrite[]): Unit['record'] {
  if (record.patient === null || writes.length === 0 || !context.regime.needsFacts) return undefined
  const own = depositorOf(call.principal)
  const [depositor = null] = unknownTo(facts?.depositors ?? [], [own])
  const authors = unknownTo(facts?.authors ?? [], authorsOf(writes))
  const recompile = writes.some(({ row }) => compiled.has(row.type) || isLabelled(row.search.token))
  if (!recompile && depositor === null && authors.length === 0) return undefined
  return { patient: record.patient, depositor, authors, recompile }
}

/** Documents that were deposited, to be told to a patient who asked for it. */
function outboxOf({ record, facts, call, now }: Settling, writes: readonly RowWrite[]): Unit['outbox'] {
  const { patient } = record
  if (patient === null || facts?.tells === undefined) return []
  const documents = writes
    .filter(({ row, deletes }) => row.type === 'DocumentReference' && !deletes && row.version === 1)
    .map(({ row }) => row)
  return depositNotices(call.principal, facts, { patient, documents, now })
}

/** @returns the unit that the store commits. */
export function unitOf(
  settling: Settling,
  writes: readonly RowWrite[],
  { claims, settled }: { readonly claims: readonly Claim[]; readonly settled: readonly Settled[] },
): Unit {
  const inRecord = writes.filter(({ collection }) => collection === 'record')
  const change = recordChange(settling, inRecord)
  const [opening] = openingClaims(settling)
  return {
    writes,
    claims,
    releases: [],
    ...(change === undefined ? {} : { record: change }),
    audit: [...auditOf(settling, writes, settled), ...foundTraces(settling, settled)],
    outbox: outboxOf(settling, inRecord),
    ...(opening === undefined ? {} : { opening: { does: 'forget', key: opening.key } as const }),
  }
}
