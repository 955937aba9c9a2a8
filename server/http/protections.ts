/** What keeps the server answering: limits for each caller, shedding under pressure, and which web origins may call. */
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from '../../resources/outcome.ts'
import type { Config } from '../config.ts'
import { retryAfterSeconds } from './headers.ts'
import { busy } from './in-flight.ts'
import { Refused } from './refused.ts'

const tooMany = fail('tooManyRequests', 'expected fewer requests in a minute; Retry-After says when to go on').failure

class Busy extends Refused {
  constructor() {
    super({ failure: busy })
  }
}

/** A caller is who the token says; without a valid one, the address. */
const callerKey = ({ caller, ip }: FastifyRequest): string =>
  caller?.ok === true ? `${caller.value.issuer}|${caller.value.subject}` : ip

const hasEntered = ({ caller }: FastifyRequest): boolean => caller?.ok === true

/** No limit is a limit that nobody reaches. */
const limitOf = (perMinute: number): number => (perMinute === 0 ? Number.MAX_SAFE_INTEGER : perMinute)

async function limitCallers(app: FastifyInstance, config: Config): Promise<void> {
  const { RATE_LIMIT_PER_MINUTE, ANONYMOUS_RATE_LIMIT_PER_MINUTE } = config
  if (RATE_LIMIT_PER_MINUTE === 0 && ANONYMOUS_RATE_LIMIT_PER_MINUTE === 0) return
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    timeWindow: 60_000,
    cache: 50_000,
    keyGenerator: callerKey,
    max: request => limitOf(hasEntered(request) ? RATE_LIMIT_PER_MINUTE : ANONYMOUS_RATE_LIMIT_PER_MINUTE),
    addHeaders: { ...silent, 'retry-after': true },
    addHeadersOnExceeding: silent,
    errorResponseBuilder: () => new Refused({ failure: tooMany }),
  })
}

async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Accept',
      'Authorization',
      'Content-Encoding',
      'Content-Type',
      'If-Match',
      'If-None-Match',
      'If-None-Exist',
      'If-Modified-Since',
      'If-Unmodified-Since',
      'Prefer',
      'Range',
      'X-Request-Id',
      'X-Security-Context',
    ],
    exposedHeaders: [
      'ETag',
      'Last-Modified',
      'Location',
      'Content-Location',
      'Content-Range',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: 600,
    // OPTIONS that is no preflight is told the same; the plugin's own refusal would be no OperationOutcome.
    strictPreflight: false,
  })
}

/** Registers what the settings ask for. Routes must come after it. */
export async function protect(app: FastifyInstance, config: Config): Promise<void> {
  if (config.CORS_ORIGINS !== undefined) await allowOrigins(app, config.CORS_ORIGINS)
  if (config.MAX_EVENT_LOOP_DELAY_MILLIS > 0) {
    await app.register(underPressure, {
      maxEventLoopDelay: config.MAX_EVENT_LOOP_DELAY_MILLIS,
      retryAfter: retryAfterSeconds,
      customError: Busy,
    })
  }
  await limitCallers(app, config)
}
