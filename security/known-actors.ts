/** Who deposited into a record, and whom its content names as authors: lists that every request reads, and which therefore end. `access.md` section 5 */

/** So many are told by name. Of a life's professionals and structures that is more than nearly anybody has. */
export const mostKnown = 1000

/** Stands for whoever is not named, once there are more. */
const others = '*'

/** Whether somebody is in the list, or may be: then the rows are asked. */
export const mayBeKnown = (list: readonly string[], actor: string): boolean =>
  list.includes(actor) || list.includes(others)

/** @returns what is to be added to the list so that it knows of the actors: nothing where it does. */
export function unknownTo(list: readonly string[], actors: readonly string[]): readonly string[] {
  const fresh = actors.filter(actor => !mayBeKnown(list, actor))
  const room = Math.max(0, mostKnown - list.length)
  return fresh.length <= room ? fresh : [...fresh.slice(0, room), others]
}
