/** Which resource of a record a rule comes from: each is compiled alone, by the function that compiles the record. `access.md` section 4. */
import type { Resource } from '../resources/resource.ts'
import { stands } from './block-ends.ts'
import { holdsAt, type Span } from './calendar.ts'
import { compileFacts } from './compile-facts.ts'
import type { Facts, Grant } from './facts.ts'
import type { Part, PartRule } from './part-rule.ts'
import { rulesInForce } from './record-life.ts'

/** What a Consent, a CareTeam or a RelatedPerson says by itself. */
export interface RuleSource {
  /** `Type/id` */
  readonly reference: string
  readonly says: Facts
  /** What is left of that once a closing of the record ended what it permits, where that is something else. */
  readonly left: readonly Facts[]
}

/** @returns what each resource says. Days are those of `zone`. */
export const ruleSources = (
  patient: string,
  resources: readonly { readonly _id: string; readonly resource: Resource; readonly updated?: number }[],
  zone: string,
): readonly RuleSource[] =>
  resources.map(each => {
    const compiled = (one: typeof each): Facts => compileFacts({ patient, resources: [one], depositors: [] }, zone)
    const left = rulesInForce([each], { lapsed: Number.POSITIVE_INFINITY })
    return {
      reference: `${each.resource.resourceType}/${each.resource.id ?? each._id}`,
      says: compiled(each),
      left: left.filter(({ resource }) => resource !== each.resource).map(compiled),
    }
  })

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

const namingsIn = (says: Facts, source: string, whole: Whole): readonly Naming[] =>
  relationNames.flatMap(relation =>
    relations[relation](says).map(grant => ({
      ...{ actor: grant.actor, from: grant.from, before: grant.before },
      ...{ relation, source, active: isActive(relation, grant, whole) },
    })),
  )

/** @returns every rule that names a professional or a structure, in the order of the sources; what is left of one only where it holds. */
export const namingsOf = (sources: readonly RuleSource[], whole: Whole): readonly Naming[] =>
  sources.flatMap(({ reference, says, left }) => {
    const said = namingsIn(says, reference, whole)
    const isNew = (naming: Naming): boolean =>
      naming.active && !said.some(each => JSON.stringify(each) === JSON.stringify(naming))
    return [...said, ...left.flatMap(each => namingsIn(each, reference, whole)).filter(isNew)]
  })

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

/** What a source hides from professionals as a whole. */
type Hiding = Pick<Facts, 'masks' | 'maskedRows'> & { readonly parts: readonly PartRule[] }

/** @returns what a source hides, its provisions about parts as the record resolves them; of what is left of it what the record says. */
export function hidingOf({ says, left }: RuleSource, { parts = [], masks, maskedRows }: Facts): Hiding {
  const own = new Set([says, ...left].flatMap(({ parts: some = [] }) => some.map(written)))
  const known = new Set(masks.map(mask => JSON.stringify(mask)))
  return {
    masks: [...says.masks, ...left.flatMap(each => each.masks).filter(mask => known.has(JSON.stringify(mask)))],
    maskedRows: [...says.maskedRows, ...left.flatMap(each => each.maskedRows).filter(row => maskedRows.includes(row))],
    parts: own.size === 0 ? [] : parts.filter(rule => own.has(written(rule))),
  }
}
