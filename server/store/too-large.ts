/** A command that no database takes: rules of a record that name too much for what is asked. It becomes a 4xx, for asking again changes nothing. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}
