/** Facts of records whose Consents mean what refers to a resource, or what it refers to: looked up as it is now, for every request. */
import { parseServerId } from '../resources/ids.ts'
import type { Facts } from '../security/facts.ts'
import { type References, referencesOf, relatedTargets, soughtOf, withRelated } from '../security/related-parts.ts'
import type { MongoStore } from './store/mongo-store.ts'
import type { RelatedRows } from './store/related-rows.ts'

const idIn = (name: string): string => name.slice(name.indexOf('/') + 1)

async function reached(store: RelatedRows, facts: Facts, references: References): Promise<Facts> {
  const { rows, beyond } = await store.related(facts.patient, soughtOf(facts, references))
  const targets = relatedTargets(facts, rows, references)
  const chosen = targets.filter(name => parseServerId(idIn(name)) === undefined)
  const others = await store.related(facts.patient, { names: chosen, keys: [] })
  const ids = new Map(others.rows.map(({ _id, type, id }) => [`${type}/${id}`, _id]))
  const idOf = (name: string): string => ids.get(name) ?? idIn(name)
  return withRelated(facts, { rows, beyond: beyond || others.beyond, references, idOf })
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
