/** Provisions about parts of a record, what they name resolved to rows. `access.md` section 4. */
import type { ConsentRule } from './consent-rule.ts'
import type { Limits, Part, PartLabels, PartRule } from './part-rule.ts'
import { restricted } from './sensitivity.ts'

/** What is known of the rows of the record. */
interface Rows {
  readonly rowIds?: ReadonlyMap<string, string>
  readonly labelled?: ReadonlyMap<string, readonly string[]>
}

/** The `_id` of the row that `Type/id` names: every id is its row's, but for those that clients chose. */
export const rowOf = (document: string, rowIds: Rows['rowIds']): string =>
  rowIds?.get(document) ?? document.slice(document.indexOf('/') + 1)

function labelsOf(labels: PartLabels, { labelled }: Rows): PartLabels {
  const rowsWith = (codes: readonly string[]) => codes.flatMap(code => labelled?.get(code) ?? [])
  return { ...labels, labelled: rowsWith(labels.codes), restricted: labels.normal ? rowsWith(restricted) : [] }
}

const resolved = ({ documents, labels, ...part }: Part, rows: Rows): Part => ({
  ...part,
  ...(documents === undefined ? {} : { documents, rows: documents.map(each => rowOf(each, rows.rowIds)) }),
  ...(labels === undefined ? {} : { labels: labelsOf(labels, rows) }),
})

/** Whether the provision means resources with what they refer to, or what refers to them. */
export const isRelating = (rule: PartRule): boolean =>
  [rule, ...rule.except].some(({ parts }) => parts.some(part => (part.related ?? part.dependents) !== undefined))

/** @returns the provisions of the rules that are about parts of the record, in order. */
export function compileParts(rules: readonly ConsentRule[], rows: Rows): readonly PartRule[] {
  const settled = <Given extends Limits>(limits: Given): Given => ({
    ...limits,
    parts: limits.parts.map(part => resolved(part, rows)),
  })
  return rules
    .flatMap(rule => ('rules' in rule ? rule.rules : []))
    .map(rule => ({ ...settled(rule), except: rule.except.map(settled) }))
}
