/** Which resource of a record a rule comes from: each is compiled alone, by the function that compiles the record. `access.md` section 4. */
import type { Resource } from '../resources/resource.ts'
import { stands } from './block-ends.ts'
import { holdsAt, type Span } from './calendar.ts'
import { compileFacts } from './compile-facts.ts'
import type { Facts, Grant } from './facts.ts'
import type { Part, PartRule } from './part-rule.ts'

/** What a Consent, a CareTeam or a RelatedPerson says by itself. */
export interface RuleSource {
  /** `Type/id` */
  readonly reference: string
  readonly says: Facts
}

/** @returns what each resource says. Days are those of `zone`. */
export const ruleSources = (
  patient: string,
  resources: readonly { readonly _id: string; readonly resource: Resource; readonly updated?: number }[],
  zone: string,
): readonly RuleSource[] =>
  resources.map(each => ({
    reference: `${each.resource.resourceType}/${each.resource.id ?? each._id}`,
    says: compileFacts({ patient, resources: [each], depositors: [] }, zone),
  }))

/** What a record may say of an actor, and the facts that hold it. */
const relations = {
  authorised: ({ authorised }: Facts) => authorised,
  blocked: ({ blocked }: Facts) => blocked,
  treating: ({ treating }: Facts) => treating,
  administrator: ({ administrators = [] }: Facts) => administrators,
  'care-team': ({ careTeam }: Facts) => careTeam,
  'authorised-in-part': (facts: Facts) => ofParts(facts, 'permit'),
  'blocked-in-part': (facts: Facts) => ofParts(facts, 'deny'),
} as const satisfies Record<string, (facts: Facts) => readonly Grant[]>

const ofParts = ({ parts = [] }: Facts, effect: PartRule['effect']): readonly Grant[] =>
  parts.flatMap(rule => (rule.effect === effect && rule.actor !== null ? [{ ...rule, actor: rule.actor }] : []))

type Said = keyof typeof relations
export type Relation = Said | 'author' | 'depositor'

/** A denial is ended by no block. */
const denials: ReadonlySet<Relation> = new Set<Relation>(['blocked', 'blocked-in-part'])

/** One rule that names an actor. */
export interface Naming extends Span {
  readonly actor: string
  readonly relation: Relation
  readonly source: string
  /** Whether it holds now, and neither a block nor a closing of the record has ended it. */
  readonly active: boolean
}

/** The record that the sources make together. */
interface Whole {
  readonly facts: Facts
  readonly now: number
}

/**
 * Whether a grant of the record is what a source says: it is not when a closing or a parting ended the source. Who was in
 * a team goes on being in it since he came, which the record knows and the version of the team does not.
 */
const isSaidBy =
  ({ actor, from, before, since = 0 }: Grant) =>
  (grant: Grant): boolean =>
    grant.actor === actor && grant.from === from && grant.before === before && (grant.since ?? 0) <= since

function isActive(relation: Said, said: Grant, { facts, now }: Whole): boolean {
  if (!holdsAt(said, now)) return false
  const person = said.actor.startsWith('rpps:') ? said.actor : null
  return relations[relation](facts)
    .filter(isSaidBy(said))
    .some(grant => denials.has(relation) || stands(facts, grant, { person, now }))
}

const relationNames = Object.keys(relations) as readonly Said[]

/** @returns every rule that names a professional or a structure, in the order of the sources. */
export const namingsOf = (sources: readonly RuleSource[], whole: Whole): readonly Naming[] =>
  sources.flatMap(({ reference, says }) =>
    relationNames.flatMap(relation =>
      relations[relation](says).map(grant => ({
        ...{ actor: grant.actor, from: grant.from, before: grant.before },
        ...{ relation, source: reference, active: isActive(relation, grant, whole) },
      })),
    ),
  )

const unresolved = ({ rows: _rows, reached: _reached, labels, ...part }: Part): object => {
  if (labels === undefined) return part
  const { labelled: _labelled, restricted: _restricted, ...asked } = labels
  return { ...part, labels: asked }
}

/** A provision without what the record resolves it to. */
const written = (rule: PartRule): string =>
  JSON.stringify({
    ...rule,
    parts: rule.parts.map(unresolved),
    except: rule.except.map(each => ({ ...each, parts: each.parts.map(unresolved) })),
  })

/** @returns the provisions about parts of the record that a source says, as the record resolves them. */
export function partsSaid({ says }: RuleSource, { parts = [] }: Facts): readonly PartRule[] {
  const own = new Set((says.parts ?? []).map(written))
  return own.size === 0 ? [] : parts.filter(rule => own.has(written(rule)))
}
