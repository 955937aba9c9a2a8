/** The forms that the text of a setting may have: what is expected, in words, and how it is read. */
import { isIP } from 'node:net'

/** How a setting is written. `read` gives undefined for a text that is not of the form. */
export interface Form<Value> {
  /** Completes the sentence "expected …". */
  readonly expects: string
  readonly read: (text: string) => Value | undefined
}

/** One row of the table of settings. */
export interface Setting<Value> {
  /** One sentence for an operator. */
  readonly meaning: string
  /** The text that counts when nothing is set. */
  readonly fallback?: string
  /** What counts when nothing is set and it depends on other settings, in words. */
  readonly otherwise?: string
  readonly form: Form<Value>
  /** The text may hold a password: it is never repeated. */
  readonly secret?: true
}

/** Where the public keys of an issuer are. */
export interface IssuerAddress {
  readonly issuer: string
  /** URL, or path of a file. */
  readonly jwks: string
}

export const text: Form<string> = { expects: 'a text', read: value => value }

export const path: Form<string> = { expects: 'the path of a file or folder', read: value => value }

/** A whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number): Form<number> => ({
  expects: `a whole number from ${least} to ${most}`,
  read: value => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= least && number <= most ? number : undefined
  },
})

/** One of the words. */
export const oneOf = <Word extends string>(...words: readonly Word[]): Form<Word> => ({
  expects: `one of ${words.map(word => `\`${word}\``).join(', ')}`,
  read: value => words.find(word => word === value),
})

export const yesOrNo: Form<boolean> = {
  expects: '`true` or `false`',
  read: value => (value === 'true' ? true : value === 'false' ? false : undefined),
}

/** Parses a URL of one of the schemes; undefined for anything else. */
function urlOf(value: string, schemes: readonly string[]): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url !== undefined && schemes.includes(url.protocol) ? url : undefined
}

export const fhirBase: Form<string> = {
  expects: 'an http or https URL that ends with `/fhir`, without query',
  read: value => {
    const url = urlOf(value, ['http:', 'https:'])
    const bare = value.replace(/\/$/, '')
    return url !== undefined && bare.endsWith('/fhir') && url.search === '' && url.hash === '' ? bare : undefined
  },
}

/** Whether the host name means this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)

/** Where notices may be posted: encrypted, but on this machine. */
export const outsideUrl: Form<string> = {
  expects: 'an https URL (http on this machine)',
  read: value => {
    const url = urlOf(value, ['http:', 'https:'])
    return url !== undefined && (url.protocol === 'https:' || isLoopback(url.hostname)) ? value : undefined
  },
}

export const smtpUrl: Form<string> = {
  expects: 'an `smtp://` or `smtps://` URL',
  read: value => ((urlOf(value, ['smtp:', 'smtps:'])?.hostname ?? '') === '' ? undefined : value),
}

export const emailAddress: Form<string> = {
  expects: 'an e-mail address',
  read: value => (/^[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value) ? value : undefined),
}

export const longSecret: Form<string> = {
  expects: 'a text of 32 characters or more',
  read: value => (value.length < 32 ? undefined : value),
}

export const mongoUrl: Form<string> = {
  expects: 'a `mongodb://` or `mongodb+srv://` URL',
  read: value => (/^mongodb(\+srv)?:\/\/\S+$/.test(value) ? value : undefined),
}

export const hostName: Form<string> = {
  expects: 'an address or a host name',
  read: value =>
    isIP(value) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value) ? value : undefined,
}

/** Reads each member of a comma-separated list; undefined when one of them is not of the form. */
const listOf = <Value>({ expects, read }: Form<Value>): Form<readonly Value[]> => ({
  expects: `a list, separated by commas, of ${expects}`,
  read: value => {
    const members = value.split(',').map(member => read(member.trim()))
    const known = members.filter(member => member !== undefined)
    return known.length === members.length ? known : undefined
  },
})

export const origins = listOf<string>({
  expects: 'origins such as `https://app.example`',
  read: value => (urlOf(value, ['http:', 'https:'])?.origin === value ? value : undefined),
})

export const proxies = listOf<string>({
  expects: 'addresses or networks such as `10.0.0.0/8`',
  read: value => {
    const [address = '', bits, ...rest] = value.split('/')
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
    const fits = bits === undefined ? most > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= most
    return fits && rest.length === 0 ? value : undefined
  },
})

export const issuers = listOf<IssuerAddress>({
  expects: '`issuer=JWKS`, where JWKS is an https URL or the path of a file',
  read: value => {
    const [, issuer, jwks] = /^([^=\s]+)=(\S+)$/.exec(value) ?? []
    return issuer === undefined || jwks === undefined ? undefined : { issuer, jwks }
  },
})

export const timeZone: Form<string> = {
  expects: 'the name of a time zone such as `Europe/Paris`',
  read: value => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
    } catch (error) {
      if (error instanceof RangeError) return undefined // the calendar knows no such zone
      throw error
    }
  },
}
