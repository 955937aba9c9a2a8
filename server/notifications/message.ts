/** What leaves the record by one way, and the port behind which the ways are. */
import type { Topic } from '../../security/notices.ts'

export type Language = 'fr' | 'en'

/** A notice in the words of one recipient, without anything clinical. */
export interface Message {
  /** The same for every attempt: a receiver may know by it what it has already. */
  readonly id: string
  /** Where it goes: an e-mail address, a telephone number, or `Patient/<id>` for the webhook. */
  readonly to: string
  readonly topic: Topic
  readonly language: Language
  readonly subject: string
  readonly text: string
}

/** One way out of the record. */
export interface Channel {
  readonly name: 'email' | 'sms' | 'webhook'
  /** Resolves when the message was taken over. Rejects with `Undeliverable` when it will never be, with anything else when it may be later. */
  readonly deliver: (message: Message) => Promise<void>
}

/** The receiver said that it will never take this message: trying again would not help. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
}
