/** Every setting of the server: `docs/configuration.md` is printed from this table. */
import { notificationSettings } from './notification-settings.ts'
import {
  fhirBase,
  hostName,
  issuers,
  mongoUrl,
  oneOf,
  origins,
  path,
  proxies,
  type Setting,
  text,
  timeZone,
  wholeNumber,
  yesOrNo,
} from './setting.ts'

/** Units are part of the name. A new setting is a new row. */
export const settings = {
  HOST: { meaning: 'Address to listen on.', fallback: '127.0.0.1', form: hostName },
  PORT: { meaning: 'TCP port to listen on; 0 takes any free one.', fallback: '8080', form: wholeNumber(0, 65_535) },
  BASE_URL: {
    meaning: 'Where clients reach the server; every link and `Location` begins with it, whatever a proxy says.',
    otherwise: '`http://HOST:PORT/fhir`, or what `TRUSTED_PROXIES` say',
    form: fhirBase,
  },
  DATA_DIR: {
    meaning: 'Folder for what the server keeps itself: its secrets and the embedded database.',
    fallback: '.data',
    form: path,
  },
  MONGODB_URL: {
    meaning: 'A replica set or a sharded cluster. Without it the server starts a MongoDB of its own in `DATA_DIR`.',
    form: mongoUrl,
    secret: true,
  },
  MONGODB_DATABASE: { meaning: 'Name of the database.', fallback: 'dmp', form: text },
  MONGOD_BINARY: { meaning: 'Program that the embedded database runs, 6.0 or later.', form: path },
  ACCESS_REGIME: {
    meaning:
      'Who may see what: `dmp` is the law of the shared record; `smart` enforces tokens, scopes and the patient compartment; `none` permits everything and listens on this machine only.',
    fallback: 'dmp',
    form: oneOf('dmp', 'smart', 'none'),
  },
  CAPABILITY_STATEMENT: {
    meaning: 'The CapabilityStatement to serve instead of the one of the project.',
    form: path,
  },
  ISSUERS: { meaning: 'The issuers of access tokens, and where their public keys are.', form: issuers },
  ISSUERS_FILE: {
    meaning:
      'JSON file with a list of `{issuer, jwks, audience?, algorithms?, demandsDmp?}`, for what `ISSUERS` cannot say.',
    form: path,
  },
  AUDIENCE: {
    meaning: 'The `aud` that an access token must have.',
    otherwise: '`urn:dmp:demo` with demonstration identities, else required',
    form: text,
  },
  SECRETS_FILE: {
    meaning:
      'JSON file with the secrets of the server; made with mode 0600 when absent, and the same for every instance of one database.',
    otherwise: '`secrets.json` in `DATA_DIR`; required with `MONGODB_URL`',
    form: path,
  },
  DEMO: {
    meaning:
      'Whether demonstration identities, their signing key and records exist; `force` allows them on a real deployment.',
    otherwise: '`true` with the embedded database and outside production, else `false`',
    form: oneOf('true', 'false', 'force'),
  },
  NODE_ENV: { meaning: '`production` switches the demonstration off.', form: text },
  ZONE: {
    meaning: 'Time zone of dates that are written without one.',
    fallback: 'Europe/Paris',
    form: timeZone,
  },
  MASKS_TOGETHER: {
    meaning:
      'Whether a document may be `MASQUE_PS` and `INVISIBLE_PATIENT` at once. A patch that puts one label of visibility in the place of another is refused without it; with it both stand.',
    fallback: 'false',
    form: yesOrNo,
  },
  EMERGENCY_TOKEN_MINUTES: {
    meaning:
      'How long after its issue (`iat`) an access token opens records in the modes `bris_de_glace` and `centre_15`, whatever its `exp` says.',
    fallback: '60',
    form: wholeNumber(1, 1440),
  },
  SEARCH_MAX_COUNT: {
    meaning: 'Most matches on one page, whatever `_count` asks.',
    fallback: '200',
    form: wholeNumber(1, 1000),
  },
  CROSS_PATIENT_SEARCH: {
    meaning: 'Which types carry the index of searches across patients (regimes `smart` and `none`).',
    fallback: 'all',
    form: oneOf('all', 'patient'),
  },
  SEARCH_PARAMETER_WAIT_SECONDS: {
    meaning:
      'How long a new SearchParameter is known before stored resources are indexed by it. Every server looks twelve times in it, and trusts what it saw for a sixth of it; the rest is for writes under way.',
    fallback: '60',
    form: wholeNumber(1, 3600),
  },
  SOCIAL_COLUMNS: {
    meaning: 'Whether the six columns of social professions (AJ to AT) of the matrix are open.',
    fallback: 'false',
    form: yesOrNo,
  },
  BODY_LIMIT_MIB: { meaning: 'Largest body of a request, in mebibytes.', fallback: '20', form: wholeNumber(1, 512) },
  MAX_URL_BYTES: {
    meaning: 'Longest URL of a request, path and query; a longer search is sent by POST to `_search`.',
    fallback: '8192',
    form: wholeNumber(2048, 65_536),
  },
  RATE_LIMIT_PER_MINUTE: {
    meaning:
      'Most requests of one caller in a minute; 0 sets no limit. It stops a loop that went wild; a hospital is one caller.',
    fallback: '300000',
    form: wholeNumber(0, 100_000_000),
  },
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: {
    meaning: 'Most requests without a valid token from one address in a minute; 0 sets no limit.',
    fallback: '6000',
    form: wholeNumber(0, 100_000_000),
  },
  MAX_REQUESTS_IN_FLIGHT: {
    meaning:
      'Most requests that are worked on at once; a body counts once more for each 256 KiB. What comes beyond waits at most a second and is turned away with 503.',
    fallback: '128',
    form: wholeNumber(1, 100_000),
  },
  MAX_HEAVY_REQUESTS_PER_CALLER: {
    meaning:
      'Most heavy requests (`$everything`, `$who-can-access`, `$rehearse`, `$merge`, `$unmerge`, numbers of AuditEvents) of one caller at once, that is of one subject by one client; 0 sets no limit. What comes beyond is turned away with 429.',
    fallback: '8',
    form: wholeNumber(0, 100_000),
  },
  MAX_EVENT_LOOP_DELAY_MILLIS: {
    meaning: 'Mean delay of the process above which requests are turned away with 503; 0 turns none away.',
    fallback: '1000',
    form: wholeNumber(0, 60_000),
  },
  TOKEN_CACHE_SECONDS: {
    meaning: 'How long the verdict on an access token is kept; 0 verifies each time.',
    fallback: '60',
    form: wholeNumber(0, 300),
  },
  SHUTDOWN_GRACE_SECONDS: {
    meaning: 'How long running requests may take to finish when the server is asked to stop.',
    fallback: '15',
    form: wholeNumber(0, 600),
  },
  CORS_ORIGINS: { meaning: 'Web origins whose pages may call the server; without it none may.', form: origins },
  TRUSTED_PROXIES: {
    meaning:
      'Proxies whose `X-Forwarded-For` is believed, and, without `BASE_URL`, their `Forwarded` or `X-Forwarded-Proto`, `-Host` and `-Prefix`: they must replace what clients write there. Without it none is.',
    form: proxies,
  },
  ...notificationSettings,
  LOG_LEVEL: {
    meaning: 'Least severe messages that are logged.',
    fallback: 'info',
    form: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  },
} satisfies Record<string, Setting<unknown>>
