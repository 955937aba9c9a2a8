/** What a row of the tables of workloads says. */
import type { Answer, Ask } from './client.ts'
import type { Callers, Loaded, LoadedRecord } from './loaded.ts'

/** Gives the next request. */
export type Next = () => Ask

export interface Kind {
  readonly name: string
  /** What one request does, in a line. */
  readonly does: string
  readonly as: keyof Callers
  /** Prepares a round on the server at `base`. @returns what gives its requests, without their headers. */
  readonly open: (
    loaded: Loaded,
    at: { readonly base: string; readonly headers: Ask['headers'] },
  ) => Next | Promise<Next>
  /** Whether a request has to find something: one that finds nothing costs less than what it is to measure. */
  readonly finds?: true
  /** So many requests at once, then their answers together; it throws when they do not fit each other. */
  readonly burst?: { readonly size: number; readonly check: (answers: readonly Answer[]) => void }
}

/** A function that gives the members of a list in turn: requests under way at once concern different ones. */
export function inTurn<Member>(members: readonly Member[]): () => Member {
  let at = 0
  return () => {
    const member = members[at++ % members.length]
    if (member === undefined) throw new Error('There is nothing to take turns')
    return member
  }
}

export interface Depositing extends LoadedRecord {
  readonly at: number
  readonly id: string
}

/** The documents of records: the first of each, then the second of each, so that neighbours are of different records. */
export function documentsOf(records: readonly LoadedRecord[]): readonly Depositing[] {
  const most = Math.max(0, ...records.map(({ documents }) => documents.length))
  return Array.from({ length: most }, (_, at) =>
    records.flatMap(record => {
      const id = record.documents[at]
      return id === undefined ? [] : [{ ...record, at, id }]
    }),
  ).flat()
}
