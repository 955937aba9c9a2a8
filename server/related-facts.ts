/** Facts of records whose Consents mean what refers to a resource, or what it refers to: looked up as it is now, for every request. */
import { parseServerId } from '../resources/ids.ts'
import type { Facts } from '../security/facts.ts'
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

async function reached(store: RelatedRows, facts: Facts, references: References): Promise<Facts> {
  const { rows, beyond } = await store.related(facts.patient, soughtOf(facts))
  // After the current ones: what is superseded meanwhile is found by one of the two.
  const past = formersSought(facts)
  const formers = past === undefined ? nothingFound : await store.relatedFormers(facts.patient, past)
  const names = relatedTargets(facts, [...rows, ...formers.rows], references)
  const others = await chosenIds(store, facts.patient, { names, past })
  const idOf = (name: string): string => others.ids.get(name) ?? idIn(name)
  return withRelated(facts, { rows, formers, beyond: beyond || others.beyond, references, idOf })
}

/**
 * @param parameters `Type:code` of the search parameters whose keys tell what a row refers to.
 * @returns the store, whose facts say what such Consents reach.
 */
export function relating(store: MongoStore, parameters: ReadonlySet<string>): MongoStore {
  const references = referencesOf(parameters)
  return {
    ...store,
    async facts(patient) {
      const facts = await store.facts(patient)
      return facts?.relates === undefined ? facts : reached(store, facts, references)
    },
  }
}
