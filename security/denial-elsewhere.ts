/** A Consent that denies, as it is said in another record: nothing in it names what stays where it was, and no denial is lost. `docs/decisions/0037-one-person-one-record.md` */
import { type JsonObject, objectOf } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import { mostData } from './consent-part.ts'
import { objectsOf } from './elements.ts'
import { denies } from './merged-rules.ts'

/** Whether something of it names what is not there. */
type Stays = (part: unknown) => boolean

/** The data of a provision as they are said there; of more than can be named, everything. */
type DataThere = (provision: JsonObject) => readonly JsonObject[] | 'everything'

/** A provision by itself that is about nothing less: without any part it would refuse the record. */
const everything: JsonObject = { dataPeriod: { start: '1000-01-01' } }

/** A provision with the data that it has there; undefined when it is about nothing there: without its data it would be about everything. */
function withData(provision: JsonObject, there: DataThere): JsonObject | undefined {
  const left = there(provision)
  const { data: _, provision: __, ...alone } = provision
  if (left === 'everything') return { ...everything, ...alone }
  if (objectsOf(provision.data).length > 0 && left.length === 0) return undefined
  const nested = objectsOf(provision.provision).flatMap(inner => withData(inner, there) ?? [])
  return {
    ...alone,
    ...(left.length === 0 ? {} : { data: left }),
    ...(nested.length === 0 ? {} : { provision: nested }),
  }
}

/** The data that name nothing that stays. */
const apart =
  (stays: Stays) =>
  ({ data }: JsonObject): readonly JsonObject[] =>
    objectsOf(data).filter(({ reference }) => !stays(objectOf(reference)?.reference))

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

function saidWith(consent: Resource, data: DataThere, stays: Stays): Resource | undefined {
  const provision = withData(objectOf(consent.provision) ?? {}, data)
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

/** @returns what a Consent that denies says to a record in which there is nothing of which `stays` is true; undefined when it denies nothing there. */
export const denialElsewhere = (consent: Resource, stays: Stays): Resource | undefined =>
  saidWith(consent, apart(stays), stays)

/** `Type/id` of what is in the record, and is denied by data that name what stays: by their relation to it. */
export type CoveredThere = (provision: JsonObject) => readonly string[] | 'everything'

const denialsIn = (provision: JsonObject): readonly JsonObject[] => [
  ...(provision.type === 'permit' ? [] : [provision]),
  ...objectsOf(provision.provision).flatMap(denialsIn),
]

const instance = (name: string): JsonObject => ({ meaning: 'instance', reference: { reference: name } })

/** @returns the same said of what was denied by relation to something that stays: by its own name, as many in each as a Consent may name. */
export function coveredElsewhere(consent: Resource, stays: Stays, covered: CoveredThere): readonly Resource[] {
  const numbers = denialsIn(objectOf(consent.provision) ?? {}).map(covered)
  const times = Math.max(0, ...numbers.map(some => (some === 'everything' ? 1 : Math.ceil(some.length / mostData))))
  return Array.from({ length: times }, (_, n) => {
    const some: DataThere = provision => {
      if (provision.type === 'permit') return apart(stays)(provision)
      const names = covered(provision)
      return names === 'everything' ? names : names.slice(n * mostData, (n + 1) * mostData).map(instance)
    }
    return saidWith(consent, some, stays)
  }).filter(each => each !== undefined)
}
