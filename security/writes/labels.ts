/** The labels that rows of a unit carry. `access.md` section 5. */
import type { Resource } from '../../resources/resource.ts'
import { actorKey, authorKey, shownKey } from '../../search/key.ts'
import { depositorOf } from '../actors.ts'
import { type Companion, companionLabels } from '../companions.ts'
import { isActive } from '../consent-elements.ts'
import { namedActors } from '../consent-shapes.ts'
import type { Facts } from '../facts.ts'
import { hiddenUntil, invisiblePatient, invisibleRepresentants, masqueePs } from '../mask.ts'
import type { Labels, ProposedWrite, WriteRequest } from '../regime.ts'
import { labelKeys } from '../sensitivity.ts'
import { firstDeposit } from './first-deposit.ts'
import type { Plan } from './judging.ts'
import { agreedKeys } from './opening-consent.ts'

const idOf = ({ after, entry, before, _id }: ProposedWrite): string => after?.id ?? entry?.id ?? before?.entry.id ?? _id

/** Until when a row's own label hides it from its patient: kept across versions, and counted from the first one. */
function ownHiddenUntil(mask: number, { before, _id }: ProposedWrite, now: number): number | null {
  if ((mask & invisiblePatient) === 0) return null
  if (before === undefined) return hiddenUntil(now)
  return before.labels.hiddenUntil ?? hiddenUntil(firstDeposit(_id) ?? before.entry.updated)
}

/** Rows that a Consent masks: those of the record, and those that the unit's own Consents add. */
function consentMasked(plans: readonly Plan[], facts: Facts | undefined): (write: ProposedWrite) => boolean {
  const rows = new Set(facts?.maskedRows ?? [])
  const documents = new Set(
    plans.flatMap(({ rule, after }) =>
      rule?.kind === 'mask-document' && after !== undefined && isActive(after) ? [rule.document] : [],
    ),
  )
  return write => rows.has(write._id) || documents.has(`${write.type}/${idOf(write)}`)
}

const keysOf = ({ after, plan: { authors } }: Own): readonly string[] =>
  after.resourceType === 'Consent'
    ? namedActors(after).map(actorKey)
    : authors.flatMap(({ actors }) => actors.map(authorKey))

/** What was once hidden from representatives and then shown to them is not hidden again: its row remembers. */
function shownKeys({ write: { before }, ownMask }: Plan): readonly string[] {
  if (before === undefined) return []
  const shows = (before.labels.ownMask & ~ownMask & invisibleRepresentants) !== 0
  return shows || before.labels.keys.includes(shownKey) ? [shownKey] : []
}

/** Author keys by `_id`: of the unit's own rows, and of those that it refers to. */
type AuthorsOf = ReadonlyMap<string, readonly string[]>

const authorsOf = (owns: readonly Own[], request: WriteRequest): AuthorsOf =>
  new Map([
    ...(request.referenced ?? []).map(({ _id, labels }) => [_id, labels.keys] as const),
    ...owns.map(own => [own.plan.write._id, keysOf(own)] as const),
  ])

const isAuthorKey = (key: string): boolean => key.startsWith(authorKey(''))

/** A Binary has no author of its own: whoever wrote the document that it carries may read it. */
const carriedKeys = (
  { plan: { write } }: Own,
  companion: Companion | undefined,
  authors: AuthorsOf,
): readonly string[] =>
  write.type === 'Binary'
    ? [
        ...(write.before?.labels.keys ?? []),
        ...(companion?.follows ?? []).flatMap(_id => authors.get(_id) ?? []),
      ].filter(isAuthorKey)
    : []

interface Authored {
  readonly request: WriteRequest
  readonly authors: AuthorsOf
}

interface Own {
  readonly plan: Plan
  readonly after: Resource
  readonly mask: number
  readonly hiddenUntil: number | null
}

function labelsOf(row: Own, companion: Companion | undefined, at: Authored): Labels {
  const { plan, mask, hiddenUntil: own } = row
  const { write, documentType, ownMask } = plan
  const instants = [own, companion?.hiddenUntil ?? null].filter(instant => instant !== null)
  const inForce = mask | (companion?.mask ?? 0)
  const isHidden = (inForce & invisiblePatient) !== 0 && instants.length > 0
  return {
    documentType: companion?.documentType ?? documentType,
    ownMask,
    mask: inForce,
    hiddenUntil: isHidden ? Math.max(...instants) : null,
    depositor: write.before?.labels.depositor ?? depositorOf(at.request.principal),
    follows: companion?.follows ?? [],
    keys: [
      ...new Set([
        ...(at.authors.get(write._id) ?? []),
        ...carriedKeys(row, companion, at.authors),
        ...shownKeys(plan),
        ...agreedKeys(plan.write, row.after, at.request.opens),
        ...labelKeys(row.after, write.before?.labels.keys ?? []),
      ]),
    ],
  }
}

/** @returns the labels of each row by `_id`; those of a delete are the row's own. */
export function labelsOfUnit(
  request: WriteRequest,
  plans: readonly Plan[],
  facts: Facts | undefined,
): ReadonlyMap<string, Labels> {
  const isMasked = consentMasked(plans, facts)
  const owns = plans.flatMap((plan): Own[] => {
    if (plan.after === undefined) return []
    const mask = plan.ownMask | (isMasked(plan.write) ? masqueePs : 0)
    return [{ plan, after: plan.after, mask, hiddenUntil: ownHiddenUntil(plan.ownMask, plan.write, request.now) }]
  })
  const deposits = owns.map(({ plan: { write, documentType }, after, mask, hiddenUntil: until }) => ({
    ...{ _id: write._id, type: write.type, id: idOf(write), resource: after, documentType, mask, hiddenUntil: until },
    masked: isMasked(write),
    ...(write.before === undefined ? {} : { before: write.before.labels }),
  }))
  const companions = companionLabels(deposits, request.referenced ?? [])
  const authors = authorsOf(owns, request)
  const kept = plans.flatMap(({ write, after }): [string, Labels][] =>
    after === undefined && write.before !== undefined ? [[write._id, write.before.labels]] : [],
  )
  return new Map([
    ...kept,
    ...owns.map((own): [string, Labels] => {
      const { _id } = own.plan.write
      return [_id, labelsOf(own, companions.get(_id), { request, authors })]
    }),
  ])
}
