/** Puts a unit before the regime, and turns drafts and labels into rows. */
import { type Complaint, failAll, ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import type { IndexEntry } from '../../../search/index-entry.ts'
import { statusOf } from '../../../search/status-of.ts'
import type { Labels, ProposedWrite } from '../../../security/regime.ts'
import { firstDeposit } from '../../../security/writes/first-deposit.ts'
import type { Row, RowWrite } from '../../store/store.ts'
import { blobOwner } from '../lifted.ts'
import { keepLifted } from './attachments.ts'
import type { Draft, Proposal } from './draft.ts'
import { type DatedLabels, dated, datesOf } from './followed-date.ts'
import { withNames } from './in-whose-name.ts'
import type { Named } from './named.ts'
import { refusedAnyway } from './refused-anyway.ts'
import { checkSize } from './row-size.ts'
import type { Settling } from './settling.ts'

const interactionOf = ({ after, expected }: Draft): ProposedWrite['interaction'] =>
  after === undefined ? 'delete' : expected === 0 ? 'create' : 'update'

/** How the new state would be found; its labels are not known yet. */
function entryOf({ context, record }: Settling, draft: Draft, resource: Resource): IndexEntry {
  const { settled, before, version, updated } = draft
  const deposited = firstDeposit(settled._id) ?? before?.entry.date ?? updated
  return {
    _id: settled._id,
    patient: settled.collection === 'record' ? record.patient : null,
    type: settled.item.type,
    id: settled.id,
    documentType: before?.entry.documentType ?? '',
    mask: before?.entry.mask ?? 0,
    status: statusOf(resource),
    hiddenUntil: before?.entry.hiddenUntil ?? null,
    depositor: before?.entry.depositor ?? null,
    date: context.canonicalDate(resource, deposited),
    tie: before?.entry.tie ?? context.newTie(),
    version,
    updated,
    search: context.index(resource),
  }
}

export const proposalsOf = (settling: Settling, drafts: readonly Draft[]): readonly Proposal[] =>
  drafts.map(draft => ({
    draft,
    entry: draft.after === undefined ? undefined : entryOf(settling, draft, draft.after.resource),
  }))

const proposed = ({ draft, entry }: Proposal): ProposedWrite => ({
  interaction: interactionOf(draft),
  type: draft.settled.item.type,
  _id: draft.settled._id,
  ...(draft.after === undefined ? {} : { after: draft.after.resource }),
  ...(entry === undefined ? {} : { entry }),
  ...(draft.before === undefined ? {} : { before: draft.before }),
  ...(draft.settled.item.patch?.form === 'announcement' ? { announces: true } : {}),
})

/** The regime counts writes; the client knows its own entries. */
const inRequest = (complaint: Complaint, proposals: readonly Proposal[]): Complaint => {
  const [whole, at, rest] = /^entry\[(\d+)\]\.resource(.*)$/s.exec(complaint.expression ?? '') ?? []
  const path = whole === undefined ? undefined : proposals[Number(at)]?.draft.settled.item.path
  return path === undefined ? complaint : { ...complaint, expression: `${path}${rest ?? ''}` }
}

/** Asks the regime about the writes of one collection. */
function judgedIn(
  settling: Settling,
  proposals: readonly Proposal[],
  at: { readonly patient: string | null; readonly named: Named },
): Result<readonly Labels[]> {
  const { patient, named } = at
  const { context, call, record, facts } = settling
  const writes = proposals.map(proposed)
  const opens = patient !== null && record.opens
  const judged = context.regime.write(
    { principal: call.principal, patient, opens, writes, now: settling.now, ...named },
    patient === null ? undefined : facts,
  )
  if (judged.ok) return judged
  const [first, ...others] = judged.failure.complaints
  return failAll(judged.failure.kind, [
    inRequest(first, proposals),
    ...others.map(other => inRequest(other, proposals)),
  ])
}

/** @returns the labels of each proposal, in order; the regime's refusal otherwise, or 413 for one that is too large. */
export function judged(
  settling: Settling,
  proposals: readonly Proposal[],
  named: Named,
): Result<ReadonlyMap<Proposal, DatedLabels>> {
  const labels = new Map<Proposal, DatedLabels>()
  const dates = datesOf(proposals, named)
  for (const { draft, entry } of proposals) {
    const { after, settled } = draft
    if (after === undefined || entry === undefined) continue
    const fit = checkSize({ text: after.text, search: entry.search, path: settled.item.path })
    if (!fit.ok) return fit
  }
  for (const collection of ['record', 'directory'] as const) {
    const group = proposals.filter(({ draft }) => draft.settled.collection === collection)
    if (group.length === 0) continue
    const patient = collection === 'record' ? settling.record.patient : null
    const result = judgedIn(settling, group, { patient, named })
    if (!result.ok) return result
    group.forEach((proposal, at) => {
      const label = result.value[at]
      if (label !== undefined) labels.set(proposal, dated(proposal, label, dates))
    })
  }
  const anyway = refusedAnyway(settling, proposals)
  return anyway.ok ? ok(labels) : anyway
}

/** Whether the record answers deposits at all: asked before anything about its content is looked up. */
export function recordAnswers(settling: Settling): Result<readonly Labels[]> {
  return settling.record.patient === null
    ? ok([])
    : judgedIn(settling, [], { patient: settling.record.patient, named: {} })
}

const tombstone = (before: Row, { version, updated }: Draft): Row => ({
  ...before,
  version,
  updated,
  json: Buffer.alloc(0),
  blobs: [],
})

/** Written out: a spread without some of its members costs more than all the others together. */
const rowOf = (
  entry: IndexEntry,
  labels: DatedLabels,
  { _id, consentMask, json, blobs }: Pick<Row, '_id' | 'consentMask' | 'json' | 'blobs'>,
): Row => ({
  _id,
  patient: entry.patient,
  type: entry.type,
  id: entry.id,
  version: entry.version,
  updated: entry.updated,
  date: labels.date ?? entry.date,
  tie: entry.tie,
  documentType: labels.documentType,
  mask: labels.mask | consentMask,
  status: entry.status,
  hiddenUntil: labels.hiddenUntil,
  depositor: labels.depositor,
  ownMask: labels.ownMask,
  consentMask,
  follows: labels.follows,
  search: { ...entry.search, token: [...entry.search.token, ...labels.keys] },
  json,
  blobs,
})

/** @returns the row of a proposal, its data kept as blobs before anything refers to them. */
async function rowWrite(settling: Settling, proposal: Proposal, labels: DatedLabels): Promise<RowWrite> {
  const { draft, entry } = proposal
  const { settled, before, expected, after } = draft
  const { collection, _id } = settled
  if (after === undefined || entry === undefined) {
    if (before === undefined) throw new Error('a delete without a current version')
    return { collection, row: tombstone(before.row, draft), expected, deletes: true }
  }
  const owner = blobOwner(entry.patient)
  const lifted = await keepLifted(settling.kept, {
    owner,
    text: after.text,
    inline: after.inline,
    unique: after.unique,
  })
  const { facts, names } = settling
  const named = facts?.merged === undefined ? labels : withNames(labels, { names, before: before?.labels })
  const row = rowOf(entry, named, {
    ...{ _id, consentMask: before?.row.consentMask ?? 0 },
    ...{ json: lifted.json, blobs: draft.keptBlobs ?? lifted.blobs },
  })
  return { collection, row, expected, deletes: false }
}

/** @returns the rows of all proposals that were labelled, in order. */
export const rowWrites = (
  settling: Settling,
  proposals: readonly Proposal[],
  labels: ReadonlyMap<Proposal, DatedLabels>,
): Promise<readonly RowWrite[]> =>
  Promise.all(
    proposals.flatMap(proposal => {
      const label = labels.get(proposal)
      return label === undefined ? [] : [rowWrite(settling, proposal, label)]
    }),
  )
