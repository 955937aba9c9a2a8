/** Reads the settings once, at start, and reports every one that is wrong, not only the first. */
import { existsSync } from 'node:fs'
import { type Complaint, failAll, ok, type Result } from '../resources/outcome.ts'
import { resolvePath } from './root.ts'
import { type Form, isLoopback, type Setting } from './setting.ts'
import { settings } from './settings.ts'

type Settings = typeof settings
type ValueOf<Row> = Row extends { readonly form: Form<infer Value> }
  ? Row extends { readonly fallback: string }
    ? Value
    : Value | undefined
  : never

/** What was stated, or is a row's fallback. */
type Stated = { readonly [Name in keyof Settings]: ValueOf<Settings[Name]> }

/** Every setting, with those that follow from others filled in. */
export type Config = Omit<Stated, 'BASE_URL' | 'DEMO' | 'AUDIENCE'> & {
  /** Without a final slash. */
  readonly BASE_URL: string
  readonly DEMO: boolean
  readonly AUDIENCE: string
  /** Whether links follow what TRUSTED_PROXIES say of the address that a client used: where no BASE_URL was stated. */
  readonly FOLLOWS_PROXIES: boolean
}

const isDemo = ({ DEMO, MONGODB_URL, NODE_ENV }: Stated): boolean =>
  DEMO === undefined ? MONGODB_URL === undefined && NODE_ENV !== 'production' : DEMO !== 'false'

const needsIssuer = (stated: Stated): boolean => !isDemo(stated) && stated.ACCESS_REGIME !== 'none'

/** What settings ask of each other. Each row: the settings that it names, when it is broken, and the remedy. */
const rules: readonly { readonly broken: (stated: Stated) => boolean; readonly remedy: string }[] = [
  {
    broken: ({ CAPABILITY_STATEMENT: path }) => path !== undefined && !existsSync(resolvePath(path)),
    remedy: 'CAPABILITY_STATEMENT must name a file that exists',
  },
  {
    broken: ({ MONGOD_BINARY: path }) => path !== undefined && !existsSync(resolvePath(path)),
    remedy: 'MONGOD_BINARY must name a program that exists',
  },
  {
    broken: ({ ACCESS_REGIME, HOST }) => ACCESS_REGIME === 'none' && !isLoopback(HOST),
    remedy: 'ACCESS_REGIME=none protects nothing: HOST must be a loopback address such as 127.0.0.1',
  },
  {
    broken: ({ ACCESS_REGIME, TRUSTED_PROXIES }) => ACCESS_REGIME === 'none' && TRUSTED_PROXIES !== undefined,
    remedy: 'ACCESS_REGIME=none refuses forwarded requests: TRUSTED_PROXIES must not be set',
  },
  {
    broken: ({ DEMO, MONGODB_URL }) => DEMO === 'true' && MONGODB_URL !== undefined,
    remedy:
      'DEMO=true would let demonstration identities into the database of MONGODB_URL: set DEMO=force if it is meant',
  },
  {
    broken: ({ DEMO, NODE_ENV }) => DEMO === 'true' && NODE_ENV === 'production',
    remedy: 'DEMO=true would let demonstration identities into NODE_ENV=production: set DEMO=force if it is meant',
  },
  {
    broken: ({ MONGODB_URL, SECRETS_FILE }) => MONGODB_URL !== undefined && SECRETS_FILE === undefined,
    remedy: 'MONGODB_URL needs SECRETS_FILE: every instance on one database must have the same secrets',
  },
  {
    broken: stated => (stated.NOTIFICATION_SMTP_URL === undefined) !== (stated.NOTIFICATION_FROM === undefined),
    remedy: 'NOTIFICATION_SMTP_URL and NOTIFICATION_FROM need each other',
  },
  {
    broken: stated =>
      (stated.NOTIFICATION_WEBHOOK_URL === undefined) !== (stated.NOTIFICATION_WEBHOOK_SECRET === undefined),
    remedy: 'NOTIFICATION_WEBHOOK_URL and NOTIFICATION_WEBHOOK_SECRET need each other',
  },
  {
    broken: stated => needsIssuer(stated) && stated.ISSUERS === undefined && stated.ISSUERS_FILE === undefined,
    remedy:
      'ISSUERS or ISSUERS_FILE must name who issues access tokens: without demonstration identities nobody could enter',
  },
  {
    broken: stated => needsIssuer(stated) && stated.AUDIENCE === undefined,
    remedy: 'AUDIENCE must say for whom access tokens are issued',
  },
]

/** An address that listens on every interface is no address for a link. */
const nameOf = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host

const complete = (stated: Stated): Config => ({
  ...stated,
  BASE_URL: stated.BASE_URL ?? `http://${nameOf(stated.HOST)}:${stated.PORT}/fhir`,
  DEMO: isDemo(stated),
  AUDIENCE: stated.AUDIENCE ?? 'urn:dmp:demo',
  FOLLOWS_PROXIES: stated.BASE_URL === undefined && stated.TRUSTED_PROXIES !== undefined,
})

type Environment = Readonly<Record<string, string | undefined>>

function readOne(
  name: string,
  { form, fallback, secret }: Setting<unknown>,
  environment: Environment,
): Complaint | { readonly value: unknown } {
  const written = environment[name] || fallback // an empty text is an unset one
  if (written === undefined) return { value: undefined }
  const value = form.read(written)
  if (value !== undefined) return { value }
  const found = secret === true ? '' : `, found "${written}"`
  return { diagnostics: `${name}: expected ${form.expects}${found}`, expression: name }
}

/** @returns the settings, or a complaint for each that is wrong and for each rule between them that is broken. */
export function readConfig(environment: Environment): Result<Config> {
  const read = Object.entries(settings).map(([name, setting]) => [name, readOne(name, setting, environment)] as const)
  const [first, ...others] = read.flatMap(([, result]) => ('diagnostics' in result ? [result] : []))
  if (first !== undefined) return failAll('badParameter', [first, ...others])
  // Each value was read by the form of its own row.
  const stated = Object.fromEntries(
    read.map(([name, result]) => [name, 'value' in result ? result.value : undefined]),
  ) as Stated
  const [broken, ...more] = rules.flatMap(rule => (rule.broken(stated) ? [{ diagnostics: rule.remedy }] : []))
  return broken === undefined ? ok(complete(stated)) : failAll('badParameter', [broken, ...more])
}
