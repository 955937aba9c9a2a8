/** What a document says of the Binary that comes with it must be true: size and hash. IHE MHD, ITI-65. */
import { listOf, objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { mismatch } from './attachments.ts'
import type { Item } from './item.ts'

/** The bytes of every Binary of the unit, by `fullUrl`. */
const bytesByUrl = (items: readonly Item[]): ReadonlyMap<string, Buffer> =>
  new Map(
    items.flatMap(({ type, fullUrl, written }) => {
      const data = textOf(written?.resource.data)
      if (type !== 'Binary' || fullUrl === undefined || data === undefined) return []
      const apart = written?.data?.get(data)
      // What is no base64 is refused where it is lifted.
      return [[fullUrl, apart === undefined ? Buffer.from(data, 'base64') : (apart.bytes() ?? Buffer.alloc(0))]]
    }),
  )

/** Fails with 422 at the first attachment whose size or hash is not that of the Binary to which its url leads. */
export function checkBinaries(items: readonly Item[]): Result<undefined> {
  const bytes = bytesByUrl(items)
  for (const { type, path, written } of items) {
    if (type !== 'DocumentReference' || bytes.size === 0) continue
    for (const [at, content] of listOf(written?.resource.content).entries()) {
      const attachment = objectOf(objectOf(content)?.attachment)
      const data = bytes.get(textOf(attachment?.url) ?? '')
      const wrong = attachment === undefined || data === undefined ? undefined : mismatch(attachment, data)
      if (wrong !== undefined)
        return fail(
          'invalidResource',
          `expected the ${wrong} of the Binary, found another`,
          `${path}.content[${at}].attachment.${wrong}`,
        )
    }
  }
  return ok(undefined)
}
