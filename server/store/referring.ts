/** Who refers to a resource of a record, and who did: an index leads there. `docs/decisions/0030-consents-about-parts.md` */
import type { Document } from 'mongodb'
import { referenceKey } from '../../search/key.ts'
import type { Row } from './store.ts'

/** A key of a reference within a record. Whose record it is, and who is in the directory, is named by nearly every row. */
const reference =
  /^[^=|~:]+=((?!(?:Patient|Practitioner|PractitionerRole|Organization)\/)[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64})$/

/** How a row is found that refers to `Type/id`, by whatever element. */
export const referringKey = (name: string): string => referenceKey('', name)

type Named = Pick<Row, '_id' | 'type' | 'id' | 'search'>

const nameOf = ({ type, id }: Pick<Named, 'type' | 'id'>): string => `${type}/${id}`

/** What a key of a row refers to within its record; undefined for most, which have no '=': each row that is written comes by here. */
const nameIn = (key: string): string | undefined => (key.includes('=') ? reference.exec(key)?.[1] : undefined)

/** @returns the keys of what a row refers to, and its own name where a client chose its id: by all others it is found by `_id`. */
export function referringKeys({ _id, type, id, search }: Named): readonly string[] {
  const keys = new Set<string>()
  if (id !== _id) keys.add(nameOf({ type, id }))
  for (const key of search.token) {
    const name = nameIn(key)
    if (name !== undefined) keys.add(referringKey(name))
  }
  return [...keys]
}

/**
 * @param former as it is stored.
 * @param next the version that supersedes it; undefined where it was deleted.
 * @returns what is lost with it: what it refers to and `next` does not by the same element, beside its own name; nothing
 * where all is kept. An identifier or a tag may be spelt like a name, and would keep nothing.
 */
export function lostBy(former: Document, next: Named | undefined): readonly string[] {
  const { search } = former as Named
  const kept = new Set(next?.search.token)
  const lost = search.token.flatMap(key => {
    const name = kept.has(key) ? undefined : nameIn(key)
    return name === undefined ? [] : [referringKey(name)]
  })
  return next !== undefined && lost.length === 0 ? [] : [nameOf(former as Named), ...new Set(lost)]
}
