/** Reads one answer from the bytes of a connection, however they are cut. */

/** An answer whose body is not put together yet. */
export interface RawAnswer {
  readonly status: number
  /** Status line and header lines. */
  readonly head: string
  readonly parts: readonly Buffer[]
  /** Bytes of the body. */
  readonly size: number
  /** When the first byte came: milliseconds of `performance.now()`. */
  readonly firstByte: number
  /** Whether the server ends the connection. */
  readonly closes: boolean
}

/** Takes the next bytes; gives the answer when it is whole. */
export type AnswerReader = (part: Buffer) => RawAnswer | undefined

/** Takes bytes of a body into `parts`; says when it was the last of them. */
type BodyReader = (part: Buffer) => boolean

const blankLine = '\r\n\r\n'

/** @returns the value of a header, or undefined. */
export function headerOf({ head }: { readonly head: string }, name: string): string | undefined {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`)
  if (at < 0) return undefined
  const from = at + name.length + 3
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end < 0 ? undefined : end).trim()
}

function bodyOfLength(length: number, parts: Buffer[]): BodyReader {
  let missing = length
  return part => {
    if (part.length > 0) parts.push(part)
    missing -= part.length
    return missing <= 0
  }
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1, without trailers */
function bodyInChunks(parts: Buffer[]): BodyReader {
  let rest: Buffer = Buffer.alloc(0)
  let missing = 0
  const eat = (): boolean | undefined => {
    if (missing > 0) {
      const taken = rest.subarray(0, missing)
      if (taken.length > 0) parts.push(taken)
      rest = rest.subarray(taken.length)
      missing -= taken.length
      return missing > 0 ? false : undefined
    }
    if (rest.length >= 2 && rest[0] === 13 && rest[1] === 10) rest = rest.subarray(2) // the end of the chunk before
    const end = rest.indexOf('\r\n')
    if (end < 0) return false
    missing = Number.parseInt(rest.toString('latin1', 0, end), 16)
    if (missing === 0) return rest.length >= end + 4
    rest = rest.subarray(end + 2)
    return undefined
  }
  return part => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part])
    let done = eat()
    while (done === undefined) done = eat()
    return done
  }
}

const neverHasBody = (status: number): boolean => status === 204 || status === 304

function bodyReader(status: number, head: string, parts: Buffer[]): BodyReader {
  if (neverHasBody(status)) return bodyOfLength(0, parts)
  const chunked = headerOf({ head }, 'transfer-encoding')?.toLowerCase() === 'chunked'
  if (chunked) return bodyInChunks(parts)
  return bodyOfLength(Number(headerOf({ head }, 'content-length') ?? 0), parts)
}

export function readAnswer(): AnswerReader {
  const parts: Buffer[] = []
  let [start, firstByte, head, status]: [Buffer, number, string, number] = [Buffer.alloc(0), 0, '', 0]
  let body: BodyReader | undefined
  const readHead = (part: Buffer): Buffer | undefined => {
    if (firstByte === 0) firstByte = performance.now()
    start = start.length === 0 ? part : Buffer.concat([start, part])
    const end = start.indexOf(blankLine)
    if (end < 0) return undefined
    head = start.toString('latin1', 0, end)
    status = Number(head.slice(9, 12))
    body = bodyReader(status, head, parts)
    return start.subarray(end + blankLine.length)
  }
  return part => {
    const left = body === undefined ? readHead(part) : part
    if (left === undefined || body === undefined || !body(left)) return undefined
    const size = parts.reduce((sum, each) => sum + each.length, 0)
    const closes = headerOf({ head }, 'connection')?.toLowerCase() === 'close'
    return { status, head, parts, size, firstByte, closes }
  }
}
