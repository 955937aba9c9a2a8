/** `fhirclient` on Node, as its package comes; only the dependency of its browser entry is replaced (`overrides` in package.json). */
import { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { select } from '../support/pointer.ts'
import { type Access, type ForeignClient, type Operation, takesEveryStep } from './steps.ts'

interface Options {
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What is used of the client. Its own types would bring those of a browser into the whole program. */
interface Client {
  request(request: string | Options): Promise<unknown>
  pages(url: string): AsyncIterable<unknown>
  create(resource: object, options?: Options): Promise<unknown>
  update(resource: object, options?: Options): Promise<unknown>
  patch(url: string, operations: readonly Operation[]): Promise<unknown>
  delete(url: string): Promise<unknown>
}

type Smart = (request: IncomingMessage, response: ServerResponse, storage: object) => { client(state: object): Client }

const smart = createRequire(import.meta.url)('fhirclient') as Smart

/** A backend has no launch: it gives the state that a launch would have left, and a storage that forgets with it. */
function clientOf({ base, token }: Access): Client {
  const kept = new Map<string, unknown>()
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => {
      kept.set(key, value)
      return value
    },
    unset: async (key: string) => kept.delete(key),
  }
  const request = new IncomingMessage(new Socket())
  const api = smart(request, new ServerResponse(request), storage)
  return api.client({ serverUrl: base, tokenResponse: { access_token: token } })
}

async function pagesOf(client: Client, type: string, criteria: Readonly<Record<string, string>>) {
  const pages: (readonly unknown[])[] = []
  for await (const page of client.pages(`${type}?${new URLSearchParams(criteria)}`))
    pages.push(select(page, '/entry/*/resource/id'))
  return pages
}

/** The client writes the body of a refusal into the message of its error, with words of its own before and after. */
const outcomeIn = (message: string): unknown =>
  message.includes('{') ? JSON.parse(message.slice(message.indexOf('{'), message.lastIndexOf('}') + 1)) : undefined

await takesEveryStep('fhirclient', (access): ForeignClient => {
  const client = clientOf(access)
  return {
    read: (type, id) => client.request(`${type}/${id}`),
    pages: (type, criteria) => pagesOf(client, type, criteria),
    create: resource => client.create(resource),
    // It has no method for this; its options take the header.
    createIfNoneExist: (resource, criteria) => client.create(resource, { headers: { 'if-none-exist': criteria } }),
    update: (resource, ifMatch) => client.update(resource, { headers: { 'if-match': ifMatch } }),
    patch: (type, id, operations) => client.patch(`${type}/${id}`, operations),
    remove: (type, id) => client.delete(`${type}/${id}`),
    // It has no methods for Bundles and histories; whatever has an address can be requested, here with a final slash.
    transaction: bundle =>
      client.request({
        ...{ url: '/', method: 'POST', body: JSON.stringify(bundle) },
        headers: { 'content-type': 'application/json' },
      }),
    history: (type, id) => client.request(`${type}/${id}/_history`),
    refusal: async error => ({
      status: Number(select(error, '/status')[0]),
      outcome: outcomeIn(error instanceof Error ? error.message : ''),
    }),
  }
})
