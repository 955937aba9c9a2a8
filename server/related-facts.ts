/** Facts of records whose Consents mean what refers to a resource, or what it refers to: looked up as it is now, for every request. */
import { isDeepStrictEqual } from 'node:util'
import { parseServerId } from '../resources/ids.ts'
import { clocks } from '../security/covered-since.ts'
import type { Facts } from '../security/facts.ts'
import type { News } from '../security/part-rule.ts'
import { formersSought, type SoughtFormers } from '../security/related-formers.ts'
import {
  type References,
  type Related,
  referencesOf,
  relatedTargets,
  soughtOf,
  withRelated,
} from '../security/related-parts.ts'
import type { MongoStore } from './store/mongo-store.ts'
import type { RelatedRows } from './store/related-rows.ts'

const idIn = (name: string): string => name.slice(name.indexOf('/') + 1)

const nothingFound: Related = { rows: [], beyond: false }

interface Named {
  /** `Type/id` */
  readonly names: readonly string[]
  readonly past: SoughtFormers | undefined
}

/** `_id`s of the rows whose id a client chose, also where they were deleted. */
async function chosenIds(store: RelatedRows, patient: string, { names, past }: Named) {
  const chosen = names.filter(name => parseServerId(idIn(name)) === undefined)
  const current = await store.related(patient, { names: chosen, referringTo: [] })
  const there = new Set(current.rows.map(({ type, id }) => `${type}/${id}`))
  const gone = chosen.filter(name => !there.has(name))
  const formers =
    past === undefined ? nothingFound : await store.relatedFormers(patient, { ...past, names: gone, referringTo: [] })
  const ids = new Map([...formers.rows, ...current.rows].map(({ _id, type, id }) => [`${type}/${id}`, _id]))
  return { ids, beyond: current.beyond || formers.beyond }
}

interface Grounds {
  readonly store: Pick<MongoStore, 'facts' | keyof RelatedRows>
  readonly references: References
  readonly now: () => number
}

/** What is new, before anything else is looked up: what comes later is not known to be there. */
async function newsOf({ store, now }: Grounds, { patient, merged = [] }: Facts): Promise<News> {
  const since = now() - clocks
  const keys = [patient, ...merged.map(each => each.patient)]
  return { since, there: await store.depositedSince(patient, keys, since) }
}

async function reached(grounds: Grounds, facts: Facts): Promise<Facts> {
  const { store, references } = grounds
  const past = formersSought(facts)
  const news = past === undefined ? {} : { news: await newsOf(grounds, facts) }
  const { rows, beyond } = await store.related(facts.patient, soughtOf(facts))
  // After the current ones: what is superseded meanwhile is found by one of the two.
  const formers = past === undefined ? nothingFound : await store.relatedFormers(facts.patient, past)
  const names = relatedTargets(facts, [...rows, ...formers.rows], references)
  const others = await chosenIds(store, facts.patient, { names, past })
  const idOf = (name: string): string => others.ids.get(name) ?? idIn(name)
  return withRelated(facts, { rows, formers, ...news, beyond: beyond || others.beyond, references, idOf })
}

/** Rules that change again and again while they are looked up are heeded as they were read last. */
const mostLooks = 3

/** @returns the facts with what they reach, of one moment: rules that changed while it was looked up are read again. */
export async function relatedFacts(grounds: Grounds, patient: string): Promise<Facts | undefined> {
  let facts = await grounds.store.facts(patient)
  for (let look = 1; facts?.relates !== undefined; look += 1) {
    const settled = await reached(grounds, facts)
    const after = await grounds.store.facts(patient)
    if (look === mostLooks || isDeepStrictEqual(after, facts)) return settled
    facts = after
  }
  return facts
}

/** What the facts of records are made of. */
interface Beside {
  /** `Type:code` of the search parameters whose keys tell what a row refers to. */
  readonly parameters: ReadonlySet<string>
  readonly now: () => number
}

/** @returns the store, whose facts say what such Consents reach. */
export function relating(store: MongoStore, { parameters, now }: Beside): MongoStore {
  const grounds = { store, references: referencesOf(parameters), now }
  return { ...store, facts: patient => relatedFacts(grounds, patient) }
}
