/** A FHIR server that knows nothing: it acknowledges writes and answers everything else with the same. For the benchmark's comparison. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface StubPeer {
  readonly base: string
  readonly seen: { readonly key: string | undefined; readonly cache: string | undefined }[]
  readonly close: () => void
}

interface Body {
  readonly resourceType: string
  readonly entry?: readonly { readonly resource: { readonly resourceType: string } }[]
}

function answerTo(body: Body, id: number): object {
  if (body.entry === undefined) return { ...body, id: String(id) }
  return {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: body.entry.map(({ resource: { resourceType } }, at) => ({
      response: { status: '201', location: `${resourceType}/${id}-${at}/_history/1` },
    })),
  }
}

/** Searches of patients it refuses, as servers refuse what they do not know. */
function answer(request: IncomingMessage, response: ServerResponse, written: object | undefined): void {
  const refuses = request.url?.includes('/Patient?') === true
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ code: 'processing', diagnostics: 'a stub has no such search' }],
  }
  const body = refuses ? outcome : (written ?? { resourceType: 'Bundle', type: 'searchset' })
  const status = refuses ? 400 : request.url?.endsWith('/fhir') === true || written === undefined ? 200 : 201
  response.writeHead(status, { 'Content-Type': 'application/fhir+json' }).end(JSON.stringify(body))
}

export async function openStubPeer(): Promise<StubPeer> {
  const seen: StubPeer['seen'] = []
  let id = 0
  const nextId = (): number => {
    id += 1
    return id
  }
  const server = createServer((request, response) => {
    seen.push({ key: request.headers['x-key']?.toString(), cache: request.headers['cache-control'] })
    text(request).then(
      body => answer(request, response, body === '' ? undefined : answerTo(JSON.parse(body) as Body, nextId())),
      error => response.destroy(error as Error),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close }
}
