/** One range of the bytes of a document, for clients that go on where a download broke off. https://www.rfc-editor.org/rfc/rfc9110#section-14 */

/** [from, to) in bytes. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

const form = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i

/** The last `count` bytes. */
const suffix = (count: number, size: number): ByteRange | 'unsatisfiable' =>
  count === 0 || size === 0 ? 'unsatisfiable' : { from: Math.max(0, size - count), to: size }

/**
 * Reads the header Range.
 * @returns the range, no longer than the document; `unsatisfiable` when no byte of it lies there; undefined for what is to
 * be answered whole: no range, several of them, another unit, or one that ends before it begins.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = form.exec(header ?? '') ?? []
  if (first === '') return last === '' ? undefined : suffix(Number(last), size)
  const from = Number(first)
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last)
  if (end < from) return undefined
  return from >= size ? 'unsatisfiable' : { from, to: Math.min(end + 1, size) }
}
