/** Many callers at once who read and write until their server is gone, and what they were answered. */
import { randomUUID } from 'node:crypto'
import type { Asked } from './requests.ts'
import { bundle, condition, discharge, getting, type Json, observation, posting } from './resources.ts'

/** How the ids of these requests begin. */
export const loadMark = 'load-'

/** What came back of a request: its first byte, at least. */
export interface Answered {
  readonly request: string
  readonly status: number
  /** How many events the request must leave. */
  readonly events: number
  /** `Type/id` of what was acknowledged as written; empty when the body was cut off. */
  readonly written: readonly string[]
}

interface Request {
  readonly as: string
  readonly method?: string
  readonly path: string
  readonly body?: Json
  readonly events: number
}

export interface Target extends Asked {
  /** Key of a record of the demonstration. */
  readonly marie: string
}

const callers: readonly ((target: Target, turn: string) => Request)[] = [
  ({ marie }) => ({ as: 'gp', path: `DocumentReference?patient=${marie}&_count=5`, events: 1 }),
  ({ marie }) => ({ as: 'patient-marie', path: `Patient/${marie}`, events: 1 }),
  ({ marie }) => ({ as: 'gp-unrelated', path: `Patient/${marie}`, events: 1 }),
  ({ marie }) => ({ as: 'blocked-physician', path: `Condition?patient=${marie}`, events: 1 }),
  ({ marie }) => ({ as: 'patient-marie', path: `AuditEvent?patient=${marie}&_count=3`, events: 1 }),
  (_, turn) => ({ as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', turn), events: 1 }),
  (_, turn) => ({
    ...{ as: 'laboratory', method: 'POST', path: '', events: 3 },
    body: bundle(
      'transaction',
      ['a', 'b', 'c'].map(part => posting(observation('marie', `${turn}-${part}`))),
    ),
  }),
  () => ({ as: 'hospital', method: 'POST', path: '', body: discharge('marie'), events: 3 }),
  ({ marie }, turn) => ({
    ...{ as: 'gp', method: 'POST', path: '', events: 3 },
    body: bundle('batch', [
      getting(`Patient/${marie}`),
      getting(`AllergyIntolerance?patient=${marie}`),
      posting(condition('marie', 'gp', turn)),
    ]),
  }),
]

const location = /([A-Z]\w+\/[0-9a-z-]+)\/_history\//g

/** What an answer acknowledges: its Location, or those of its entries. */
async function writtenBy(response: Response): Promise<readonly string[]> {
  const own = response.headers.get('location')
  const text = await response.text().catch(() => '') // the server died while it answered
  const said = own ?? [...text.matchAll(/"location":\s*"([^"]+)"/g)].map(([, url]) => url).join(' ')
  return [...said.matchAll(location)].map(([, reference = '']) => reference)
}

async function send(target: Target, { as, method = 'GET', path, body, events }: Request): Promise<Answered> {
  const request = `${loadMark}${randomUUID()}`
  const response = await fetch(`${target.base}${path === '' ? '' : `/${path}`}`, {
    method,
    headers: {
      Authorization: `Bearer ${await target.token(as)}`,
      'X-Request-Id': request,
      ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const written = await writtenBy(response)
  return { request, status: response.status, events, written: method === 'POST' ? written : [] }
}

/** Asks on and on until the server does not answer. */
async function caller(target: Target, number: number, answered: Answered[]): Promise<void> {
  const make = callers[number % callers.length]
  if (make === undefined) return
  for (let turn = 0; ; turn += 1) {
    const asking = make(target, `${randomUUID()}-${turn}`)
    const answer = await send(target, asking).catch(() => undefined) // nothing came back: nothing was promised
    if (answer === undefined) return
    answered.push(answer)
  }
}

/** Everybody asks until the server is gone. */
export interface Load {
  /** What was answered so far. */
  readonly answered: readonly Answered[]
  /** Resolves when everybody has noticed that the server is gone. */
  readonly over: Promise<unknown>
}

/** Lets everybody ask at once. */
export function startLoad(target: Target): Load {
  const answered: Answered[] = []
  return { answered, over: Promise.all(callers.map((_, number) => caller(target, number, answered))) }
}
