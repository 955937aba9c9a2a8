/** Which resource of a record a rule comes from: each is compiled alone, by the function that compiles the record. `access.md` section 4. */
import type { Resource } from '../resources/resource.ts'
import { holdsAt, type Span } from './calendar.ts'
import { compileFacts } from './compile-facts.ts'
import type { Facts } from './facts.ts'

/** What a Consent, a CareTeam or a RelatedPerson says by itself. */
export interface RuleSource {
  /** `Type/id` */
  readonly reference: string
  readonly says: Facts
}

/** @returns what each resource says. Days are those of `zone`. */
export const ruleSources = (
  patient: string,
  resources: readonly { readonly _id: string; readonly resource: Resource }[],
  zone: string,
): readonly RuleSource[] =>
  resources.map(each => ({
    reference: `${each.resource.resourceType}/${each.resource.id ?? each._id}`,
    says: compileFacts({ patient, resources: [each], depositors: [] }, zone),
  }))

/** What a record may say of an actor. */
const relations = {
  authorised: 'authorised',
  blocked: 'blocked',
  treating: 'treating',
  careTeam: 'care-team',
} as const satisfies Partial<Record<keyof Facts, string>>

export type Relation = (typeof relations)[keyof typeof relations] | 'author' | 'depositor'

/** One rule that names an actor. */
export interface Naming extends Span {
  readonly actor: string
  readonly relation: Relation
  readonly source: string
  /** Whether it holds now. */
  readonly active: boolean
}

const relationNames = Object.keys(relations) as readonly (keyof typeof relations)[]

/** @returns every rule that names a professional or a structure, in the order of the sources. */
export const namingsOf = (sources: readonly RuleSource[], now: number): readonly Naming[] =>
  sources.flatMap(({ reference, says }) =>
    relationNames.flatMap(name =>
      says[name].map(grant => ({
        ...{ actor: grant.actor, from: grant.from, before: grant.before },
        ...{ relation: relations[name], source: reference, active: holdsAt(grant, now) },
      })),
    ),
  )
