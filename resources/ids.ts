/**
 * The ids that this server assigns. A patient's key is 12 characters of Crockford's base 32 in lower case; a row of the
 * patient's record is `<key>-<ulid>`, so that an id alone says where the row lives; a row of the directory is a ULID.
 */

/** One character of Crockford's base 32, as a regular expression. */
export const letters = '[0-9a-hjkmnp-tv-z]'
const patientKeyForm = new RegExp(`^${letters}{12}$`)
const recordForm = new RegExp(`^(${letters}{12})-${letters}{26}$`)
const directoryForm = new RegExp(`^${letters}{26}$`)

/** The digits of Crockford's base 32, in order. */
export const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** The instant in 10 characters, with which a ULID begins: text order is time order. */
export function instantText(now: number): string {
  let characters = ''
  for (let rest = now, place = 0; place < 10; place += 1, rest = Math.floor(rest / 32)) {
    characters = `${crockford[rest % 32]}${characters}`
  }
  return characters
}

/** Where the instant of the first deposit stands in the `_id` of a row of a record. */
export const depositedAt = { start: 13, length: 10 } as const

/** Where an id in server form lives. */
export type ServerId =
  | { readonly collection: 'record'; readonly patient: string }
  | { readonly collection: 'directory' }

/** Returns where `id` lives, or undefined when no server assigned it (then the registry of ids knows). */
export function parseServerId(id: string): ServerId | undefined {
  if (patientKeyForm.test(id)) return { collection: 'record', patient: id }
  const patient = recordForm.exec(id)?.[1]
  if (patient !== undefined) return { collection: 'record', patient }
  return directoryForm.test(id) ? { collection: 'directory' } : undefined
}
