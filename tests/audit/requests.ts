/** Requests of demonstration identities, each with an X-Request-Id of its own, by which its line of the trail is known. */
import { randomUUID } from 'node:crypto'
import { type Answer, call } from '../support/client.ts'
import { select } from '../support/pointer.ts'

/** An answer, and the id of the request that it answers. */
export interface Sent extends Answer {
  readonly request: string
}

/** What a request is made of; a body that is no text is sent as JSON. */
export interface Asking {
  /** The identity whose token is sent. */
  readonly as: string
  /** GET when absent. */
  readonly method?: string
  /** Below the FHIR base. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export type Send = (asking: Asking) => Promise<Sent>

/** What must be known of a server to ask it. */
export interface Asked {
  readonly base: string
  token(identity: string): Promise<string>
}

const json = { 'Content-Type': 'application/fhir+json' }

/** @returns what sends requests to `server`, with one token for each identity. */
export function sender({ base, token }: Asked): Send {
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (identity: string): Promise<string> => {
    const known = tokens.get(identity) ?? token(identity)
    tokens.set(identity, known)
    return known
  }
  return async ({ as, method = 'GET', path, headers, body }) => {
    const request = randomUUID()
    const answer = await call(`${base}${path === '' ? '' : `/${path}`}`, {
      method,
      headers: {
        Authorization: `Bearer ${await tokenOf(as)}`,
        'X-Request-Id': request,
        ...(body === undefined ? {} : json),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { ...answer, request }
  }
}

/** The id in the location of an answer to a create. */
export const createdId = (answer: Answer): string =>
  /\/([^/]+)\/_history\//.exec(answer.headers.get('location') ?? '')?.[1] ?? ''

/** `Type/id` of each entry of the answer to a transaction. */
export const locationsOf = (answer: Answer): readonly string[] =>
  select(answer.json, '/entry/*/response/location').map(
    location => /([A-Z]\w+\/[^/]+)\/_history/.exec(String(location))?.[1] ?? '',
  )

/** What an OperationOutcome says: its codes and what it points to. */
export const outcomeOf = (answer: Answer): readonly unknown[] => [
  ...select(answer.json, '/issue/*/code'),
  ...select(answer.json, '/issue/*/expression/0'),
]
