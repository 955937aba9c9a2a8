/** The settings of notices. `docs/decisions/0035-notices.md` */
import { emailAddress, longSecret, outsideUrl, type Setting, smtpUrl, text, wholeNumber, yesOrNo } from './setting.ts'

/** Rows of `settings.ts`. */
export const notificationSettings = {
  NOTIFICATIONS: {
    meaning:
      'Whether this server delivers notices (regime `dmp`): into the record, and by the ways that the next settings open. They are written whatever it says.',
    fallback: 'true',
    form: yesOrNo,
  },
  NOTIFICATION_SMTP_URL: {
    meaning:
      'Mail server for notices to those who chose e-mail, with user and password where it asks for them; `smtp` is encrypted by STARTTLS but on this machine. Without it no mail is sent.',
    form: smtpUrl,
    secret: true,
  },
  NOTIFICATION_FROM: { meaning: 'Address from which notices are mailed.', form: emailAddress },
  NOTIFICATION_SMS_URL: {
    meaning: 'Gateway to which `{id, to, text}` is posted for those who chose short messages. Without it none is sent.',
    form: outsideUrl,
    secret: true,
  },
  NOTIFICATION_SMS_TOKEN: { meaning: 'Bearer token of that gateway.', form: text, secret: true },
  NOTIFICATION_WEBHOOK_URL: {
    meaning: 'Where notices are posted for those who chose `webhook`, signed. Without it none is posted.',
    form: outsideUrl,
    secret: true,
  },
  NOTIFICATION_WEBHOOK_SECRET: {
    meaning: 'Key of the HMAC-SHA-256 in `X-Dmp-Signature`, of 32 characters or more.',
    form: longSecret,
    secret: true,
  },
  NOTIFICATION_TRIES: {
    meaning:
      'How often a notice is tried before it is set aside for the operator (`npm run outbox`): after 1, 4, 16 … seconds, an hour at most.',
    fallback: '12',
    form: wholeNumber(1, 100),
  },
} satisfies Record<string, Setting<unknown>>
