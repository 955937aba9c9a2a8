/** Bounds the URL of a request. https://www.rfc-editor.org/rfc/rfc9110#section-15.5.15 */
import type { FastifyInstance } from 'fastify'
import { type Failure, fail } from '../../resources/outcome.ts'
import type { Config } from '../config.ts'
import { sendFailure } from './answer.ts'

/** Bytes that the headers may take beside the URL. */
const headerBytes = 16 * 1024

/** @returns the bytes of the request line and the headers together. */
export const headBytes = ({ MAX_URL_BYTES }: Pick<Config, 'MAX_URL_BYTES'>): number => MAX_URL_BYTES + headerBytes

/** @returns the refusal of a URL that is longer than the limit. */
export const urlTooLong = (most: number): Failure =>
  fail(
    'urlTooLong',
    `expected a URL of at most ${most} bytes, found a longer one: send a search by POST to its _search, with the parameters as a form in the body`,
  ).failure

/** Refuses what is too long before anything else looks at it: nothing of it reaches a log, the trail or the database. */
export function boundUrls(app: FastifyInstance, { MAX_URL_BYTES: most }: Config): void {
  const failure = urlTooLong(most)
  app.addHook('onRequest', ({ raw }, reply, done) => {
    // What came over the wire is ASCII, or bytes that are a character each.
    if ((raw.url?.length ?? 0) > most) sendFailure(reply, failure)
    else done()
  })
}

/** @returns whether the bytes, at which a request ended because it is too long, begin with such a URL. */
export function isLongUrl(bytes: unknown, most: number): boolean {
  if (!(bytes instanceof Uint8Array)) return false
  const [line = ''] = Buffer.from(bytes).toString('latin1').split('\r', 1)
  const [, url = ''] = /^[A-Z]{3,7} ([^ \n]*)/.exec(line) ?? []
  return url.length > most
}
