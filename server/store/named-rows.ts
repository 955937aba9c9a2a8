/** The rows of a record that provisions name, by their labels or by ids that clients chose: deleted ones too, for what came with them stands. `docs/decisions/0030-consents-about-parts.md` */
import type { Document } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import { labelKey } from '../../search/key.ts'
import type { Facts } from '../../security/facts.ts'
import type { Part } from '../../security/part-rule.ts'
import { restricted } from '../../security/sensitivity.ts'
import { buried, type Looking } from './followers.ts'
import { find, type InTransaction } from './statements.ts'

/** Current rows, and those that were deleted and did not come back. */
async function rowsEver(at: InTransaction, looking: Looking): Promise<readonly Document[]> {
  const { patient, condition, projection } = looking
  const current = await find(at, { find: 'record', filter: { patient, ...condition }, projection, hint: 'compartment' })
  const deleted = await buried(at, looking)
  if (deleted.length === 0) return current
  const filter = { _id: { $in: deleted.map(({ _id }) => _id) }, patient }
  const back = await find(at, { find: 'record', filter, projection: { _id: 1 }, hint: '_id_' })
  const standing = new Set(back.map(({ _id }) => _id))
  return [...current, ...deleted.filter(({ _id }) => !standing.has(_id))]
}

/** The parts of the record about which there are provisions. */
const partsOf = ({ parts = [] }: Facts): readonly Part[] =>
  parts.flatMap(rule => [rule, ...rule.except]).flatMap(limits => limits.parts)

const namedRows = (facts: Facts): readonly string[] => partsOf(facts).flatMap(({ rows = [] }) => rows)

/** `_id`s of the rows with labels that provisions name, by code. */
export async function labelledIds(at: InTransaction, facts: Facts): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = partsOf(facts).flatMap(({ labels }) => labels ?? [])
  const codes = new Set(asked.flatMap(labels => (labels.normal ? [...labels.codes, ...restricted] : labels.codes)))
  if (codes.size === 0) return new Map()
  const condition = { 'search.token': { $in: [...codes].map(labelKey) } }
  const rows = await rowsEver(at, { patient: facts.patient, condition, projection: { 'search.token': 1 } })
  const having = (code: string) => rows.filter(({ search }) => search.token.includes(labelKey(code)))
  return new Map([...codes].map(code => [code, having(code).map(({ _id }) => String(_id))]))
}

/** `_id`s of the rows whose id a client chose, among those that consents name. */
export async function chosenIds(at: InTransaction, facts: Facts): Promise<ReadonlyMap<string, string>> {
  const chosen = [...facts.maskedRows, ...namedRows(facts)].filter(id => parseServerId(id) === undefined)
  if (chosen.length === 0) return new Map()
  const condition = { id: { $in: chosen } }
  const rows = await rowsEver(at, { patient: facts.patient, condition, projection: { id: 1, type: 1 } })
  return new Map(rows.map(({ _id, type, id }) => [`${type}/${id}`, String(_id)]))
}
