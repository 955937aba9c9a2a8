/** A client that sends as it is told and keeps what came back, for tests over HTTP. */
import { select } from './pointer.ts'

/** What came back. `json` is undefined when the body is none. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly json: unknown
}

export interface ClientRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** Sends one request; redirects are not followed. */
export async function call(url: string, request: ClientRequest = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...request })
  const bytes = Buffer.from(await response.arrayBuffer())
  const json =
    /json/.test(response.headers.get('content-type') ?? '') && bytes.length > 0
      ? JSON.parse(bytes.toString())
      : undefined
  return { status: response.status, headers: response.headers, bytes, json }
}

/** The resources of the matches of a searchset, in order. */
export const matchesOf = (answer: Answer): readonly unknown[] =>
  select(answer.json, '/entry/*')
    .filter(entry => select(entry, '/search/mode')[0] !== 'include')
    .flatMap(entry => select(entry, '/resource'))
