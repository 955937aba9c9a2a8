/** A part of a record as a query on scalars and keys. `access.md` sections 4 and 5. */
import { authorKey, labelKey } from '../search/key.ts'
import { and, everything, key, not, nothing, or, type Query, scalar, scalarIn } from '../search/query.ts'
import type { Span } from './calendar.ts'
import { masks } from './mask-lists.ts'
import { ownsDeposit } from './own-deposit.ts'
import type { Part, PartLabels, PartRule, Reached } from './part-rule.ts'
import type { Policy } from './policy.ts'
import type { Professional } from './principal.ts'
import { referringKeys } from './related-parts.ts'
import { restricted } from './sensitivity.ts'

/** For what a part is asked. */
interface Asked {
  readonly effect: PartRule['effect']
  readonly policy: Policy
  readonly type: string
  readonly reader: Professional
}

/** Masks with one of the bits. */
const masksWith = (bits: number): readonly number[] => masks.all.filter(mask => (mask & bits) !== 0)

/** Resources of a type, of those that are named by `Type/id`. */
function named(documents: Iterable<string>, type: string): Query {
  const ids = [...documents].filter(name => name.startsWith(`${type}/`)).map(name => name.slice(type.length + 1))
  return ids.length === 0 ? nothing : and(scalar('type', type), scalar('id', ...ids))
}

/** What came after it was looked up what is reached: of nothing of that it is known what it came with. */
const since = ({ news }: Reached, type: string): Query =>
  news === undefined ? nothing : and({ op: 'deposited', from: news.since }, not(named(news.there, type)))

/** Single resources, those that they reach, and what came with them: a permit opens what belongs to them alone, a denial shuts what is theirs too. */
function documentsQuery(part: Part, { effect, type, reader }: Asked): Query {
  const only = effect === 'permit'
  const { documents = [], rows = [], dependents = [], reached } = part
  if (reached === undefined) return or(named(documents, type), { op: 'follows', in: rows, only })
  if (reached.beyond && !only) return everything
  // Who may write what refers to others opens nothing for himself by what he writes there.
  const targets = reached.targets.filter(({ by }) => !only || !ownsDeposit(reader, by))
  const followed = [...rows, ...reached.rows, ...targets.map(({ row }) => row)]
  return or(
    named(new Set([...documents, ...[...targets, ...reached.referring].map(({ name }) => name)]), type),
    key(...referringKeys(dependents, type, reached.references)),
    { op: 'follows', in: followed, only },
    only ? nothing : since(reached, type),
  )
}

/** What has one of the codes, or came with it; nothing without codes. */
const labelled = (codes: readonly string[], rows: readonly string[], only: boolean): Query =>
  codes.length === 0 ? nothing : or(key(...codes.map(labelKey)), { op: 'follows', in: rows, only })

/** A row is normal that is not restricted. What came with a restricted document and another is neither opened nor left open. */
function labelsQuery(labels: PartLabels, effect: PartRule['effect']): Query {
  const opens = effect === 'permit'
  return or(
    scalarIn('mask', masksWith(labels.bits)),
    labelled(labels.codes, labels.labelled ?? [], opens),
    labels.normal ? not(labelled(restricted, labels.restricted ?? [], !opens)) : nothing,
  )
}

const dated = ({ from, before }: Span): Query => ({
  ...{ op: 'instant', name: 'date' },
  ...(from === null ? {} : { from }),
  ...(before === null ? {} : { before }),
})

/**
 * The rows of a time, as a denial means them: one without an end is about what is new, and so about what is deposited from then
 * on too, whatever its own date.
 */
export const deniedSince = (span: Span): Query =>
  span.from === null || span.before !== null ? dated(span) : or(dated(span), { op: 'deposited', from: span.from })

/** @returns the rows of that type of the part; in doubt more for what denies, and fewer for what permits. */
export function partQuery(part: Part, asked: Asked): Query {
  const { effect, policy } = asked
  const { documentTypes, classes, dates, authors, documents, labels } = part
  const within: Query[] = []
  if (documentTypes !== undefined) within.push(scalarIn('documentType', documentTypes))
  if (classes !== undefined)
    within.push(
      scalarIn(
        'documentType',
        classes.flatMap(each => policy.classes.get(each) ?? []),
      ),
    )
  if (dates !== undefined) within.push(effect === 'deny' ? deniedSince(dates) : dated(dates))
  if (authors !== undefined) within.push(or(scalar('depositor', ...authors), key(...authors.map(authorKey))))
  if (documents !== undefined) within.push(documentsQuery(part, asked))
  if (labels !== undefined) within.push(labelsQuery(labels, effect))
  return and(...within)
}
