/** The ways out of the record that the operator opened: none where nothing is set. */
import type { Config } from '../config.ts'
import type { Channel } from './message.ts'
import { smsChannel, webhookChannel } from './post.ts'
import { smtpChannel } from './smtp.ts'

export type Channels = ReadonlyMap<Channel['name'], Channel>

/** @returns the channels by name. */
export function channelsOf(config: Config, now: () => number): Channels {
  const { NOTIFICATION_SMTP_URL: smtp, NOTIFICATION_FROM: from, NOTIFICATION_SMS_URL: sms } = config
  const { NOTIFICATION_WEBHOOK_URL: hook, NOTIFICATION_WEBHOOK_SECRET: secret } = config
  const open: readonly Channel[] = [
    ...(smtp === undefined || from === undefined ? [] : [smtpChannel({ url: smtp, from })]),
    ...(sms === undefined ? [] : [smsChannel({ url: sms, token: config.NOTIFICATION_SMS_TOKEN })]),
    ...(hook === undefined || secret === undefined ? [] : [webhookChannel({ url: hook, secret, now })]),
  ]
  return new Map(open.map(channel => [channel.name, channel]))
}
