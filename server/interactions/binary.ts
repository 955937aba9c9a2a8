/** Reading a Binary or a version of it: its bytes, or the resource when JSON is what the client accepts. https://hl7.org/fhir/R4/binary.html#rest */
import { bytesOf } from '../../resources/bundle.ts'
import { fail, ok, type Result, toOperationOutcome } from '../../resources/outcome.ts'
import type { Found } from '../store/store.ts'
import { isUnmodified, versionHeaders } from './answer.ts'
import { rangeOf } from './byte-range.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { blobOwner, collect } from './lifted.ts'
import { askedPart } from './part.ts'
import { read, visibleRow } from './read.ts'
import { leaveTrace, targetOf } from './trail.ts'
import { vread, vreadAs } from './vread.ts'

/** Up to this size an answer is one piece; above, it flows. */
const onePieceBytes = 1024 * 1024

const wantsResource = (accept: string): boolean => /application\/(fhir\+)?json/.test(accept)

const safely = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Content-Disposition': 'attachment',
}

const mediaType = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(\s*;\s*[a-z0-9-]+=("[^"\r\n]*"|[a-z0-9._-]+))*$/i

function contentTypeOf(row: Found): string {
  const { contentType } = JSON.parse(Buffer.from(row.json).toString()) as { contentType?: string }
  return contentType !== undefined && mediaType.test(contentType) ? contentType : 'application/octet-stream'
}

/** The chunks, and a closing line in the trail after the last. */
async function* traced(
  context: Context,
  call: Call,
  at: { chunks: AsyncIterable<Uint8Array>; row: Found },
): AsyncIterable<Uint8Array> {
  yield* at.chunks
  await leaveTrace(context, call, {
    patient: at.row.patient,
    status: 200,
    basis: 'delivered',
    targets: [targetOf(at.row)],
  })
}

/** No byte of the document lies in the range that is asked. */
function beyond(size: number): Reply {
  const { failure } = fail('rangeNotSatisfiable', `expected a range within ${size} bytes, found one beyond them`)
  const headers = { 'Accept-Ranges': 'bytes', 'Content-Range': `bytes */${size}` }
  return { status: 416, headers, body: bytesOf(toOperationOutcome(failure)) }
}

async function content(context: Context, call: Call, row: Found): Promise<Reply> {
  const [blob] = row.blobs
  const contentType = contentTypeOf(row)
  const headers = { ...versionHeaders(row), ...safely, 'Accept-Ranges': 'bytes' }
  if (blob === undefined) return { status: 200, headers, contentType, body: Buffer.alloc(0) }
  const range = rangeOf(call.range, blob.size)
  if (range === 'unsatisfiable') return beyond(blob.size)
  const length = range === undefined ? blob.size : range.to - range.from
  const chunks = context.store.blob(blobOwner(row.patient), blob.sha256, range)
  const flows = length > onePieceBytes
  const body = flows ? traced(context, call, { chunks, row }) : await collect(chunks)
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      ...(range === undefined ? {} : { 'Content-Range': `bytes ${range.from}-${range.to - 1}/${blob.size}` }),
      ...(flows ? { 'Content-Length': String(length) } : {}),
    },
    contentType,
    body,
  }
}

const present = async (context: Context, call: Call, row: Found): Promise<Reply> =>
  isUnmodified(call, row) ? { status: 304, headers: versionHeaders(row) } : content(context, call, row)

/** The read interaction on Binary. */
export async function readBinary(context: Context, call: Call): Promise<Result<Reply>> {
  if (wantsResource(call.preferences.accept)) return read(context, call)
  const asked = askedPart(context, call)
  if (!asked.ok) return asked
  const found = await visibleRow(context, call)
  if ('refused' in found) return found.refused
  const reply = await present(context, call, found.row)
  await leaveTrace(context, call, {
    patient: found.place.patient,
    status: reply.status,
    outcome: 'success', // of a range beyond it, too: its size was told
    basis: found.permit.basis,
    told: found.permit.told,
    targets: [targetOf(found.row)],
  })
  return ok(reply)
}

/** The vread interaction on Binary. */
export async function vreadBinary(context: Context, call: Call): Promise<Result<Reply>> {
  if (wantsResource(call.preferences.accept)) return vread(context, call)
  const asked = askedPart(context, call)
  return asked.ok ? vreadAs(context, call, row => present(context, call, row)) : asked
}
