/** How the grid asks: plain requests on connections that are kept, a fraction of the work of `fetch`. */
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Actor } from '../access/support/cast.ts'
import type { Stage } from '../access/support/stage.ts'

/** What came back; the body is parsed when it is looked into. */
export interface Heard {
  readonly status: number
  /** Headers that could tell a resource that is from one that is not. */
  readonly traces: string
  readonly text: string
  readonly json: unknown
}

export interface Spoken {
  readonly body?: string | object
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends `METHOD path`, below the FHIR base or absolute, as one actor. */
export type Ask = (request: string, spoken?: Spoken) => Promise<Heard>

const agent = new Agent({ keepAlive: true, maxSockets: 32 })
const traced = ['etag', 'last-modified', 'location', 'content-location', 'content-type', 'content-disposition', 'link']

async function heard(response: IncomingMessage): Promise<Heard> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  const text = Buffer.concat(parts).toString()
  const { statusCode = 0, headers } = response
  return {
    status: statusCode,
    traces: JSON.stringify(traced.map(name => headers[name] ?? null)),
    text,
    get json() {
      return /json/.test(headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : undefined
    },
  }
}

/** @param listen hears every request with its answer. */
export function asking(stage: Stage, actor: Actor, listen: (asked: string, heard: Heard) => void): Ask {
  return async (asked, { body, headers = {} } = {}) => {
    const [method = 'GET', path = ''] = asked.split(/ (.*)/s)
    const url = path.startsWith('http') ? path : `${stage.base}/${path}`
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const all = {
      authorization: `Bearer ${await stage.token(actor)}`,
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/fhir+json', 'content-length': String(Buffer.byteLength(text)) }),
      ...headers,
    }
    const answer = await new Promise<Heard>((resolve, reject) => {
      const sent = request(url, { method, headers: all, agent }, response => resolve(heard(response)))
      sent.on('error', reject)
      sent.end(text)
    })
    listen(`${asked} ${text ?? ''}`, answer)
    return answer
  }
}
