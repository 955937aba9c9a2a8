/** The client of the tests of this folder: one server a file, and requests said in few words. */
import t from 'tap'
import { type Answer, call } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer, type TestServer, type TestServerOptions } from '../support/server.ts'

/** What a request may add to its address and body. */
export interface Extras {
  readonly headers?: Readonly<Record<string, string>>
  /** An access token; the regime `none` asks for none. */
  readonly token?: string
}

/** A body: text and bytes go as they are, anything else as JSON. */
export type Content = string | Uint8Array<ArrayBuffer> | object

export interface Rest {
  readonly server: TestServer
  readonly base: string
  get(path: string, extras?: Extras): Promise<Answer>
  head(path: string, extras?: Extras): Promise<Answer>
  post(path: string, body: Content, extras?: Extras): Promise<Answer>
  put(path: string, body: Content, extras?: Extras): Promise<Answer>
  /** A JSON Patch where the headers do not say otherwise. */
  patch(path: string, body: Content, extras?: Extras): Promise<Answer>
  delete(path: string, extras?: Extras): Promise<Answer>
}

const fhirJson = 'application/fhir+json'

const textOf = (body: Content): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)

/** The client of a server. A path without a leading scheme is below the FHIR base. */
export function restOf(server: Pick<TestServer, 'base'>): Omit<Rest, 'server'> {
  const { base } = server
  const send = (method: string, path: string, { body, headers, token }: Extras & { readonly body?: Content }) =>
    call(/^https?:/.test(path) ? path : path === '' ? base : `${base}/${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': fhirJson }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: textOf(body) }),
    })
  return {
    base,
    get: (path, extras = {}) => send('GET', path, extras),
    head: (path, extras = {}) => send('HEAD', path, extras),
    post: (path, body, extras = {}) => send('POST', path, { ...extras, body }),
    put: (path, body, extras = {}) => send('PUT', path, { ...extras, body }),
    patch: (path, body, { headers, ...extras } = {}) =>
      send('PATCH', path, { ...extras, body, headers: { 'content-type': 'application/json-patch+json', ...headers } }),
    delete: (path, extras = {}) => send('DELETE', path, extras),
  }
}

/** No rule of access, and no request turned away because the machine of the tests is busy. */
const unhindered = { ACCESS_REGIME: 'none', MAX_EVENT_LOOP_DELAY_MILLIS: '0' }

/** A server of its own for a test file. Without another wish it has no rule of access: these tests are about R4. */
export async function startRest(
  test: Parameters<typeof startServer>[0],
  { environment, ...options }: TestServerOptions = {},
): Promise<Rest> {
  t.setTimeout(240_000) // a busy machine takes its time
  const server = await startServer(test, { ...options, environment: { ...unhindered, ...environment } })
  return { server, ...restOf(server) }
}

/** What an OperationOutcome says, as `kind code expression` for each issue. */
export const issuesOf = ({ json }: Pick<Answer, 'json'>): readonly string[] =>
  select(json, '/issue/*').map(issue =>
    [select(issue, '/details/coding/0/code')[0], select(issue, '/code')[0], select(issue, '/expression/0')[0]]
      .filter(part => part !== undefined)
      .join(' '),
  )

/** The id that the answer to a write names: in its resource, else in its Location. */
export function idOf({ json, headers }: Answer): string {
  const [id] = select(json, '/id')
  return typeof id === 'string' ? id : (/\/([^/]+)\/_history\//.exec(headers.get('location') ?? '')?.[1] ?? '')
}

/** Ids of the matches of a searchset, in order. */
export const idsOf = ({ json }: Pick<Answer, 'json'>, mode = 'match'): readonly string[] =>
  select(json, '/entry/*')
    .filter(entry => select(entry, '/search/mode')[0] === mode)
    .map(entry => String(select(entry, '/resource/id')[0]))

/** The link to the next page. */
export const nextOf = ({ json }: Pick<Answer, 'json'>): string | undefined => {
  const [url] = select(json, '/link/[relation=next]/url')
  return typeof url === 'string' ? url : undefined
}

/** How often each status was answered. */
export const tally = (answers: readonly { readonly status: number }[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** `times` requests at once. */
export const atOnce = (times: number, send: (n: number) => Promise<Answer>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: times }, (_, n) => send(n)))

/** A Bundle of entries, each `[method, url, resource?, more?]`. */
export const bundleOf = (
  type: 'batch' | 'transaction',
  entries: readonly (readonly [method: string, url: string, resource?: object | undefined, more?: EntryMore])[],
): object => ({
  resourceType: 'Bundle',
  type,
  entry: entries.map(([method, url, resource, { fullUrl, ...request } = {}]) => ({
    ...(fullUrl === undefined ? {} : { fullUrl }),
    ...(resource === undefined ? {} : { resource }),
    request: { method, url, ...request },
  })),
})

export interface EntryMore {
  readonly fullUrl?: string
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: string
  readonly ifNoneExist?: string
}

/** The statuses of the entries of an answer, without their words. */
export const statusesOf = ({ json }: Pick<Answer, 'json'>): readonly number[] =>
  select(json, '/entry/*/response/status').map(status => Number.parseInt(String(status), 10))
