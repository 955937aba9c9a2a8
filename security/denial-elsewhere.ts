/** A Consent that denies, as it is said in another record: nothing in it names what stays where it was, and no denial is lost. `docs/decisions/0037-one-person-one-record.md` */
import { type JsonObject, objectOf } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import { objectsOf } from './elements.ts'
import { denies } from './merged-rules.ts'

/** Whether something of it names what is not there. */
type Stays = (part: unknown) => boolean

/** A provision without the data that stay; undefined when it was about nothing else: without its data it would be about everything. */
function withoutData(provision: JsonObject, stays: Stays): JsonObject | undefined {
  const data = objectsOf(provision.data)
  const left = data.filter(({ reference }) => !stays(objectOf(reference)?.reference))
  if (data.length > 0 && left.length === 0) return undefined
  const nested = objectsOf(provision.provision).flatMap(inner => withoutData(inner, stays) ?? [])
  const { data: _, provision: __, ...alone } = provision
  return {
    ...alone,
    ...(left.length === 0 ? {} : { data: left }),
    ...(nested.length === 0 ? {} : { provision: nested }),
  }
}

/** What is said beside the rule: an item, or a member, that names what stays is left out as a whole. */
function bare(value: unknown, stays: Stays): unknown {
  if (!stays(value)) return value
  const items = Array.isArray(value) ? value.filter(item => !stays(item)) : []
  return items.length === 0 ? undefined : items
}

/** The rule itself: only the strings that name it go, for a part that is left out may be a limit, or whom it is about. */
function pruned(value: unknown, stays: Stays): unknown {
  if (!stays(value)) return value
  if (Array.isArray(value)) return value.map(item => pruned(item, stays)).filter(item => item !== undefined)
  const object = objectOf(value)
  if (object === undefined) return undefined
  return members(object, (each, name) => (name === 'extension' ? bare(each, stays) : pruned(each, stays)))
}

function members(object: JsonObject, become: (value: unknown, name: string) => unknown): JsonObject {
  const kept = Object.entries(object).map(([name, value]) => [name, become(value, name)] as const)
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined))
}

/** The elements that have an effect. A contained resource says who an actor is. */
const rule: ReadonlySet<string> = new Set(['status', 'scope', 'category', 'patient', 'provision'])

/** @returns what a Consent that denies says to a record in which there is nothing of which `stays` is true; undefined when it denies nothing there. */
export function denialElsewhere(consent: Resource, stays: Stays): Resource | undefined {
  const provision = withoutData(objectOf(consent.provision) ?? {}, stays)
  if (provision === undefined || !denies({ ...consent, provision })) return undefined
  const own = (held: JsonObject): JsonObject => members(held, value => bare(value, stays))
  return {
    resourceType: consent.resourceType,
    ...members({ ...consent, provision }, (value, name) => {
      if (name === 'contained') return objectsOf(value).map(own)
      return rule.has(name) ? pruned(value, stays) : bare(value, stays)
    }),
  }
}
