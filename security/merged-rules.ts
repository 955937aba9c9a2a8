/** What the rules of a record that was merged into another still say there: its denials hold, what it permitted does not. `docs/decisions/0037-one-person-one-record.md` */
import { type JsonObject, objectOf } from '../resources/json-value.ts'
import type { RecordOfAccess } from './compile-facts.ts'
import { objectsOf } from './elements.ts'
import { exceptionsAlone } from './exceptions-alone.ts'
import type { Facts, MergedRecord } from './facts.ts'

type Rule = RecordOfAccess['resources'][number]

/** The `_id`s of what a record brought with it begin with its key. */
const broughtBy =
  (_id: string) =>
  ({ patient }: Pick<MergedRecord, 'patient'>): boolean =>
    _id.startsWith(`${patient}-`)

/** What a provision denies, without what it permits. */
const denialsOf = (provision: JsonObject): readonly JsonObject[] =>
  exceptionsAlone(provision).flatMap(each => withoutPermits(each) ?? none)

const none: readonly JsonObject[] = []

/** Undefined when nothing else is left. An exception that permits goes too. */
function withoutPermits(provision: JsonObject): JsonObject | undefined {
  const nested = objectsOf(provision.provision).flatMap(inner => withoutPermits(inner) ?? [])
  if (provision.type === 'permit' && nested.length === 0) return undefined
  const { provision: _, ...alone } = provision
  return nested.length === 0 ? alone : { ...alone, provision: nested }
}

/** Whether a rule that holds in one of two records keeps somebody out, and so must hold in the other. */
export function denies({ resourceType, provision }: Rule['resource']): boolean {
  const root = resourceType === 'Consent' ? objectOf(provision) : undefined
  return root !== undefined && denialsOf(root).length > 0
}

function stillDenies(rule: Rule): readonly Rule[] {
  const { resource } = rule
  if (resource.resourceType === 'CareTeam' || resource.resourceType === 'RelatedPerson') return []
  const provision = resource.resourceType === 'Consent' ? objectOf(resource.provision) : undefined
  if (provision === undefined) return [rule]
  return denialsOf(provision).map(left => ({ ...rule, resource: { ...resource, provision: left } }))
}

/** @returns the rules of a record as they hold beside those of the records that were merged into it. What was written after the merge is its own. */
export const rulesAfterMerge = (rules: readonly Rule[], merged: readonly MergedRecord[]): readonly Rule[] =>
  merged.length === 0
    ? rules
    : rules.flatMap(rule => {
        const brought = merged.find(broughtBy(rule._id))
        return brought === undefined || (rule.updated ?? 0) > brought.at ? [rule] : stillDenies(rule)
      })

/** Whether a key names this record: its own, or that of one that was merged into it. */
export const isKeyOf = ({ patient, merged = [] }: Pick<Facts, 'patient' | 'merged'>, key: string | null): boolean =>
  key === patient || merged.some(each => each.patient === key)
