/** Where rows of a record stand, for work that goes on after the transaction which began it. */

/** Collections, each with the index by which the rows of a record are found. */
export const places = [
  ['record', 'compartment'],
  ['record_history', 'history'],
] as const

/** Milliseconds after which nothing that was under way when a destruction or a merge was written is still written. */
export const settles = 600_000
