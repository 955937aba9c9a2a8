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

/** @returns the keys of what a row refers to, and its own name where a client chose its id: by all others it is found by `_id`. */
export function referringKeys({ _id, type, id, search }: Named): readonly string[] {
  const keys = new Set<string>()
  if (id !== _id) keys.add(nameOf({ type, id }))
  for (const key of search.token) {
    // Most keys have no '=': each row that is written comes by here.
    const name = key.includes('=') ? reference.exec(key)?.[1] : undefined
    if (name !== undefined) keys.add(referringKey(name))
  }
  return [...keys]
}

/**
 * @param former as it is stored.
 * @param next the version that supersedes it; undefined where it was deleted.
 * @returns what is lost with it: what it refers to and `next` does not, beside its own name; nothing where all is kept.
 */
export function lostBy(former: Document, next: Named | undefined): readonly string[] {
  const kept = next === undefined ? [] : referringKeys(next)
  const own = nameOf(former as Named)
  const lost = ((former.refers ?? []) as readonly string[]).filter(key => key !== own && !kept.includes(key))
  return next !== undefined && lost.length === 0 ? [] : [own, ...lost]
}
