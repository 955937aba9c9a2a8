/** Whether a deposit names a record that was merged into the one that it goes to: whoever parts the two is told. `docs/decisions/0037-one-person-one-record.md` */
import { type JsonObject, objectOf, textOf } from '../../../resources/json-value.ts'
import { parseReference } from '../../../resources/reference.ts'
import { nameKey } from '../../../search/key.ts'
import { isIns } from '../../../security/actor-identifier.ts'
import type { Facts } from '../../../security/facts.ts'
import type { Labels } from '../../../security/regime.ts'
import type { Context } from '../interaction.ts'
import { insKey } from '../patient-names.ts'
import type { Item } from './item.ts'

/** What stands in criteria: `system|INS`, `Patient/id`, or an id. */
const ofCriteria = (context: Context, criteria: string): readonly string[] =>
  [...new URLSearchParams(criteria).values()].flatMap(value => {
    const bar = value.indexOf('|')
    return bar < 0 ? [value.replace(/^Patient\//, '')] : [insKey(context, value.slice(0, bar), value.slice(bar + 1))]
  })

function ofReference(context: Context, text: string): readonly string[] {
  const parsed = parseReference(text, context.base)
  if (parsed.form === 'local') return parsed.type === 'Patient' ? [parsed.id] : []
  return parsed.form === 'conditional' && parsed.type === 'Patient' ? ofCriteria(context, parsed.criteria) : []
}

/** An INS that is called old is that of the Patient who goes on, too. */
function ofIdentifier(context: Context, identifier: JsonObject): readonly string[] {
  const [system, value] = [textOf(identifier.system), textOf(identifier.value)]
  const isCurrent = isIns(identifier) && identifier.use !== 'old'
  return isCurrent && system !== undefined && value !== undefined ? [insKey(context, system, value)] : []
}

/** Ids of Patients and keys of the registry: all that a value names, at any depth. */
function namesIn(context: Context, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const object = objectOf(value) ?? {}
  const reference = textOf(object.reference)
  return [
    ...(reference === undefined ? [] : ofReference(context, reference)),
    ...ofIdentifier(context, object),
    ...Object.values(value).flatMap(each => namesIn(context, each)),
  ]
}

function namesOf(context: Context, { type, written, criteria, ifNoneExist }: Item): readonly string[] {
  // A Patient links to those whom it replaces, and names them no further.
  const named = type === 'Patient' ? written?.resource.identifier : written?.resource
  return [
    ...namesIn(context, named),
    ...[criteria, ifNoneExist].flatMap(each => (each === undefined ? [] : ofCriteria(context, each))),
  ]
}

/** @returns the keys of merged records in whose name the unit is deposited: all of it, for an entry names the Patient for the others. */
export function inWhoseName(context: Context, facts: Facts | undefined, items: readonly Item[]): readonly string[] {
  if (facts?.merged === undefined) return []
  const names = new Set(items.flatMap(item => namesOf(context, item)))
  return facts.merged
    .filter(({ patient, keys = [] }) => [patient, ...keys].some(each => names.has(each)))
    .map(({ patient }) => patient)
}

const isName = (key: string): boolean => key.startsWith(nameKey(''))

/** @returns labels with the names in which a row is, or was, deposited. */
export function withNames<Of extends Pick<Labels, 'keys'>>(
  labels: Of,
  at: { readonly names: readonly string[]; readonly before: Pick<Labels, 'keys'> | undefined },
): Of {
  const keys = [...(at.before?.keys ?? []).filter(isName), ...at.names.map(nameKey)]
  return keys.length === 0 ? labels : { ...labels, keys: [...new Set([...labels.keys, ...keys])] }
}

/** @returns keys without the names: of what goes to the record in whose name it was deposited. */
export const withoutNames = (keys: readonly string[]): readonly string[] => keys.filter(key => !isName(key))
