/** Messages that are posted to an address of the operator's settings: short messages by a gateway, and the webhook. */
import { createHmac } from 'node:crypto'
import { type Channel, type Message, Undeliverable } from './message.ts'

const timeLimit = 15_000

/** Answers after which the same message may be taken later. */
const later = new Set([401, 403, 407, 408, 425, 429])

/** Posts JSON. No redirection is followed: a message goes where the operator said and nowhere else. */
async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(url, {
    ...{ method: 'POST', body, redirect: 'manual' },
    headers: { 'Content-Type': 'application/json', ...headers },
    signal: AbortSignal.timeout(timeLimit),
  })
  await answer.body?.cancel()
  if (answer.ok) return
  if (answer.status >= 400 && answer.status < 500 && !later.has(answer.status))
    throw new Undeliverable('the receiver refused the message for ever')
  throw new Error('the receiver did not take the message')
}

export interface SmsSettings {
  readonly url: string
  /** Bearer token of the gateway. */
  readonly token?: string | undefined
}

/** @returns the channel `sms`: `{id, to, text}` is posted to the gateway. */
export const smsChannel = ({ url, token }: SmsSettings): Channel => ({
  name: 'sms',
  deliver: ({ id, to, text }) =>
    post(url, JSON.stringify({ id, to, text }), {
      'Idempotency-Key': id,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    }),
})

export interface WebhookSettings {
  readonly url: string
  readonly secret: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** @returns the signature of a body that was sent at a time (seconds since 1970). */
export const signatureOf = (secret: string, { body, at }: { readonly body: string; readonly at: number }): string =>
  createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')

const bodyOf = ({ id, to, topic, language, subject, text }: Message): string =>
  JSON.stringify({ id, patient: to, topic, language, subject, text })

/** @returns the channel `webhook`, whose `X-Dmp-Signature` is `t=<seconds>,v1=<HMAC-SHA-256 of "t.body">`. */
export const webhookChannel = ({ url, secret, now }: WebhookSettings): Channel => ({
  name: 'webhook',
  deliver(message) {
    const body = bodyOf(message)
    const at = Math.floor(now() / 1000)
    return post(url, body, {
      'Idempotency-Key': message.id,
      'X-Dmp-Signature': `t=${at},v1=${signatureOf(secret, { body, at })}`,
    })
  },
})
