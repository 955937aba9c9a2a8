/** What the tests of notices share: records whose patients choose, the rows of the outbox, and receivers on this machine. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, type Document, MongoClient } from 'mongodb'
import { SMTPServer } from 'smtp-server'
import { notificationChoiceExtension } from '../../security/notification-choice.ts'
import { patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { type Json, patient } from '../access/support/contents.ts'
import { type Addition, type DossierRecord, expectStatus, type Stage } from '../access/support/stage.ts'

export interface Test {
  teardown(stop: () => Promise<unknown>): void
}

export function databaseIn(t: Test, url: string, name: string): Db {
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  return client.db(name)
}

/** The database of a stage. */
export const databaseOf = (t: Test, { server: { environment } }: Stage): Db =>
  databaseIn(t, environment.MONGODB_URL ?? '', environment.MONGODB_DATABASE ?? '')

/** The patient authorises a professional. */
export const authorised =
  (number: string = rpps.gp): Addition =>
  record => [patientOf(record), consent(record, authorises(number))]

const codes = (url: string, values: readonly string[]): readonly Json[] => values.map(valueCode => ({ url, valueCode }))

export const choice = (events: readonly string[], channels: readonly string[] = []): Json => ({
  url: notificationChoiceExtension,
  extension: [...codes('event', events), ...codes('channel', channels)],
})

/** The patient writes his Patient anew, with what `elements` say. */
export const rewrite = async (stage: Stage, record: DossierRecord, elements: Json): Promise<void> => {
  expectStatus(await stage.put(patientOf(record), { ...patient(record.ins), id: record.id, ...elements }), 200)
}

/** Notices of a record in the outbox, in their order: `topic to recipient`. */
export async function noticesOf(db: Db, { id }: Pick<DossierRecord, 'id'>): Promise<readonly Document[]> {
  return db.collection('outbox').find({ patient: id }).sort({ order: 1, _id: 1 }).toArray()
}

export const toldIn = async (db: Db, record: Pick<DossierRecord, 'id'>): Promise<readonly string[]> =>
  (await noticesOf(db, record)).map(({ topic, to }) => `${topic} to ${to}`)

/** @returns the value once it satisfies; the last one after 20 seconds. */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  is: (value: Value) => boolean,
): Promise<Value> {
  const until = Date.now() + 20_000
  for (;;) {
    const value = await look()
    if (is(value) || Date.now() > until) return value
    await sleep(50)
  }
}

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  /** Whether the session had signed in. */
  readonly user: string | undefined
}

/** A mail server on this machine. `verdict` is asked for each recipient: 250, or the code of its refusal. */
export async function mailServer(t: Test, verdict: (to: string) => number = () => 250) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    ...{ authOptional: true, allowInsecureAuth: true, disabledCommands: ['STARTTLS'] },
    onAuth: ({ username, password }, _session, done) =>
      password === 'a pass:word' ? done(null, { user: username }) : done(new Error('unknown')),
    onRcptTo({ address }, _session, done) {
      const code = verdict(address)
      done(code === 250 ? undefined : Object.assign(new Error('refused'), { responseCode: code }))
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', part => parts.push(part))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
          user: session.user,
        })
        done()
      })
    },
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>(resolve => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  return { mails, port }
}

export interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of posted messages. `answer` is asked for each: its status. */
export async function receiver(t: Test, answer: (posted: Posted) => number = () => 204) {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
      const one = { headers: request.headers, body: Buffer.concat(parts).toString() }
      const status = answer(one)
      if (status < 300) posted.push(one)
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>(resolve => server.close(() => resolve())))
  const { port } = server.address() as AddressInfo
  return { posted, url: `http://127.0.0.1:${port}/messages` }
}
