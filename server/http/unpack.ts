/** Bodies that come compressed. https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
import { Transform, type TransformCallback } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyRequest, RequestPayload } from 'fastify'
import { fail } from '../../resources/outcome.ts'
import { Refused } from './refused.ts'

/** The one encoding that is taken, beside none. */
export const takenEncoding = 'gzip'

const tooLarge = fail(
  'bodyTooLarge',
  'expected a smaller body: the limit is the setting BODY_LIMIT_MIB, counted when it is unpacked',
).failure

const notGzip = fail('malformedBody', 'expected a body in gzip, as Content-Encoding says, found something else').failure

const interrupted = fail('malformedBody', 'expected the whole body, found its end too early').failure

/** Unpacked bytes, up to a limit. */
class Unpacked extends Transform {
  /** What the framework compares with Content-Length. */
  receivedEncodedLength = 0
  #left: number

  constructor(limit: number) {
    super()
    this.#left = limit
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length
    done(this.#left < 0 ? new Refused({ failure: tooLarge }) : null, chunk)
  }
}

/** Its two names. https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3 */
const namesOfGzip: ReadonlySet<string | undefined> = new Set([takenEncoding, 'x-gzip'])

/** Whether the body is in gzip. */
export const isPacked = ({ headers }: FastifyRequest): boolean =>
  namesOfGzip.has(headers['content-encoding']?.toLowerCase())

/**
 * Unpacks while the body comes, and stops at the limit: what would follow is neither unpacked nor kept.
 * @param limit bytes. @returns the body; it fails with `Refused` when it is too large, no gzip, or ends too early.
 */
export function unpack(payload: RequestPayload, limit: number): RequestPayload {
  const gunzip = createGunzip()
  const unpacked = new Unpacked(limit)
  const stop = (): void => {
    payload.unpipe(gunzip)
    payload.resume() // the answer goes out whatever is still coming
    gunzip.destroy()
  }
  payload.on('data', (chunk: Buffer) => {
    unpacked.receivedEncodedLength += chunk.length
  })
  payload.once('error', () => unpacked.destroy(new Refused({ failure: interrupted })))
  gunzip.once('error', () => unpacked.destroy(new Refused({ failure: notGzip })))
  unpacked.once('error', stop)
  payload.pipe(gunzip).pipe(unpacked)
  return unpacked
}
