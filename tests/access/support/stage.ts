/** A server on which the access tests play: actors send requests, records are opened, deposits are made. */
import { demoSettings } from '../../../server/demo/demo-settings.ts'
import { signDemoToken } from '../../../server/demo/sign-demo-token.ts'
import type { Environment } from '../../../server/start.ts'
import { type Answer, call } from '../../support/client.ts'
import { select } from '../../support/pointer.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { type Actor, hospital } from './cast.ts'
import { consent, verified } from './consents.ts'
import { creates, type Entry, insSystem, type Json, patient, transaction } from './contents.ts'

/** A patient's record. */
export interface DossierRecord {
  /** The id of the Patient. */
  readonly id: string
  /** The value of the INS, under the test root. */
  readonly ins: string
}

export interface Sent {
  readonly body?: Json | string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Stage {
  readonly server: Pick<TestServer, 'base' | 'environment'>
  readonly base: string
  token(actor: Actor): Promise<string>
  /** @param path below the FHIR base, or an absolute URL. */
  send(actor: Actor, request: string, sent?: Sent): Promise<Answer>
  get(actor: Actor, path: string, headers?: Sent['headers']): Promise<Answer>
  /** Creates a resource, or performs a Bundle. */
  post(actor: Actor, resource: Json, headers?: Sent['headers']): Promise<Answer>
  put(actor: Actor, resource: Json, headers?: Sent['headers']): Promise<Answer>
  remove(actor: Actor, path: string): Promise<Answer>
  /** Opens a record by the hospital, and writes what `by` adds. */
  open(...additions: readonly Addition[]): Promise<DossierRecord>
  /** Creates resources in one transaction. @returns their ids, in order. @throws when it is refused. */
  create(actor: Actor, ...entries: readonly (Json | Entry)[]): Promise<readonly string[]>
  /** The same for one resource. */
  createOne(actor: Actor, resource: Json): Promise<string>
}

/** What somebody writes into a record that was just opened. */
export type Addition = (record: DossierRecord) => readonly [Actor, Json]

let opened = 0

/** A new INS-NIR under the test root: 13 digits and their control key. */
export function newIns(): string {
  opened += 1
  const digits = `18501999${String(10_000 + opened)}`
  return `${digits}${String(97n - (BigInt(digits) % 97n)).padStart(2, '0')}`
}

const isEntry = (given: Json | Entry): given is Entry => 'request' in given

export const idOf = (location: unknown): string =>
  /\/([A-Za-z0-9.-]+)\/_history\/\d+$/.exec(String(location))?.[1] ?? ''

/** Fails loudly where a test only prepares something. */
export function expectStatus(answer: Answer, ...statuses: readonly number[]): Answer {
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status} ${answer.bytes.toString().slice(0, 2000)}`)
  return answer
}

/** What signs the tokens of actors. */
function signing(environment: Environment, now: () => number): Stage['token'] {
  const { key, audience } = demoSettings(environment)
  const signed = new Map<string, Promise<string>>()
  return actor => {
    const { kind, subject, scope, claims, patient: id } = actor
    const name = JSON.stringify(actor)
    const token =
      signed.get(name) ??
      signDemoToken({
        identity: {
          ...{ name, kind, subject, scope, claims, profession: null, shows: '' },
          patient: id ? 'marie' : null,
        },
        ...{ key, audience, records: id === undefined ? {} : { marie: id }, now: now() },
      })
    signed.set(name, token)
    return token
  }
}

/** Plays on a server that runs already. `now` is the clock by which tokens are signed. */
export function stageOn(
  server: Pick<TestServer, 'base' | 'environment'>,
  base = server.base,
  now: () => number = Date.now,
): Stage {
  const token = signing(server.environment, now)
  const send: Stage['send'] = async (actor, request, { body, headers } = {}) => {
    const [method = 'GET', path = ''] = request.split(/ (.*)/s)
    const text =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    return call(path.startsWith('http') ? path : `${base}${path === '' ? '' : `/${path}`}`, {
      method,
      headers: {
        authorization: `Bearer ${await token(actor)}`,
        ...(text === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    })
  }
  const sending =
    (method: string, path: (resource: Json) => string): Stage['post'] =>
    (actor, body, headers = {}) =>
      send(actor, `${method} ${path(body)}`, { body, headers })
  const post = sending('POST', ({ resourceType }) => (resourceType === 'Bundle' ? '' : String(resourceType)))
  const create: Stage['create'] = async (actor, ...given) => {
    const entries = given.map(each => (isEntry(each) ? each : creates(each)))
    const answer = expectStatus(await post(actor, transaction(...entries)), 200)
    return select(answer.json, '/entry/*/response/location').map(idOf)
  }
  const open: Stage['open'] = async (...additions) => {
    const ins = newIns()
    const [id = ''] = await create(
      hospital,
      creates(patient(ins), 'urn:uuid:00000000-0000-4000-8000-000000000001'),
      creates(
        consent({ id: '' }, undefined, {
          ...verified,
          patient: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' },
        }),
      ),
    )
    const record = { id, ins }
    for (const addition of additions) await create(...addition(record))
    return record
  }
  return {
    ...{ server, base, token, send, post, create, open },
    put: sending('PUT', ({ resourceType, id }) => `${resourceType}/${id}`),
    get: (actor, path, headers = {}) => send(actor, `GET ${path}`, { headers }),
    remove: (actor, path) => send(actor, `DELETE ${path}`),
    createOne: async (actor, resource) => (await create(actor, resource))[0] ?? '',
  }
}

/** Starts a server that ends with the test, and plays on it. */
export async function startStage(
  test: Parameters<typeof startServer>[0],
  environment: Environment = {},
): Promise<Stage> {
  return stageOn(await startServer(test, { environment }))
}

/** `kind` and first expression of an OperationOutcome, such as `refusedByRule Consent.provision.actor`. */
export const refusalOf = ({ status, json }: Answer): string =>
  [status, ...select(json, '/issue/0/details/coding/0/code'), ...select(json, '/issue/0/expression/0')].join(' ')

/** The ids of the resources of `type` in a Bundle, in order. */
export const idsIn = ({ json }: Answer, type: string): readonly unknown[] =>
  select(json, `/entry/*/resource`)
    .filter(resource => select(resource, '/resourceType')[0] === type)
    .flatMap(resource => select(resource, '/id'))

export const insSearch = ({ ins }: Pick<DossierRecord, 'ins'>): string => `${insSystem}|${ins}`
