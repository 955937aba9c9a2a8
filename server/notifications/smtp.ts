/** Messages by e-mail, over SMTP. https://www.rfc-editor.org/rfc/rfc5321 */
import { createTransport } from 'nodemailer'
import { isLoopback } from '../setting.ts'
import { type Channel, Undeliverable } from './message.ts'

export interface SmtpSettings {
  /** `smtp://` (with STARTTLS, but on this machine) or `smtps://`, with user and password where the server asks for them. */
  readonly url: string
  /** Address of the sender. */
  readonly from: string
}

/** Milliseconds: together below the lease of a turn. */
const times = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 15_000 }

/** A reply of the class 5 is for ever, but for those about who we are. https://www.rfc-editor.org/rfc/rfc5321#section-4.2 */
const aboutUs = new Set([530, 534, 535, 538, 554])

function isForEver(error: unknown): boolean {
  const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  return code >= 500 && !aboutUs.has(code)
}

/** @returns the channel `email`. */
export function smtpChannel({ url, from }: SmtpSettings): Channel {
  const { hostname, port, protocol, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 465 : 587) : Number(port), secure },
    requireTLS: !secure && !isLoopback(hostname),
    ignoreTLS: !secure && isLoopback(hostname),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...times,
    // A message is words of ours: it may read no file and fetch no address.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  return {
    name: 'email',
    async deliver({ id, to, language, subject, text }) {
      const headers = { 'Auto-Submitted': 'auto-generated', 'Content-Language': language }
      const domain = from.slice(from.indexOf('@') + 1)
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          headers,
          messageId: `<${id}@${domain}>`,
        })
      } catch (error) {
        if (isForEver(error)) throw new Undeliverable('the mail server refused the message for ever')
        throw error
      }
    },
  }
}
