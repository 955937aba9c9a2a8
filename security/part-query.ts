/** A part of a record as a query on scalars and keys. `access.md` sections 4 and 5. */
import { authorKey, labelKey } from '../search/key.ts'
import { and, key, not, nothing, or, type Query, scalar, scalarIn } from '../search/query.ts'
import type { Span } from './calendar.ts'
import { masks } from './mask-lists.ts'
import type { Part, PartLabels, PartRule } from './part-rule.ts'
import type { Policy } from './policy.ts'
import { restricted } from './sensitivity.ts'

/** Masks with one of the bits. */
const masksWith = (bits: number): readonly number[] => masks.all.filter(mask => (mask & bits) !== 0)

/** Single resources, and what came with them: a permit opens what belongs to them alone, a denial shuts what is theirs too. */
function documentsQuery({ documents = [], rows = [] }: Part, only: boolean): Query {
  const named = documents.map(name => {
    const [type = '', id = ''] = name.split('/')
    return and(scalar('type', type), scalar('id', id))
  })
  return or(...named, { op: 'follows', in: rows, only })
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

/** @returns the rows of the part; in doubt more for what denies, and fewer for what permits. */
export function partQuery(
  part: Part,
  { effect, policy }: { readonly effect: PartRule['effect']; readonly policy: Policy },
): Query {
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
  if (documents !== undefined) within.push(documentsQuery(part, effect === 'permit'))
  if (labels !== undefined) within.push(labelsQuery(labels, effect))
  return and(...within)
}
