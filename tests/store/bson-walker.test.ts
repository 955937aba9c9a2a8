/** The walker of replies against the library of the driver. https://bsonspec.org/spec.html */
import fc from 'fast-check'
import { Binary, BSON, type Document, Long } from 'mongodb'
import t from 'tap'
import { walk } from '../../server/store/bson-walker.ts'

const name = fc.string({ minLength: 1, maxLength: 8 }).filter(text => !text.includes('\0') && text !== '__proto__')
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 50 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}))
const document = fc.dictionary(name, value, { maxKeys: 6 })

/** What the library reads, in the form of the walker. */
function same(read: unknown): unknown {
  if (read instanceof Date) return read.getTime()
  if (read instanceof Binary) return Buffer.from(read.value())
  if (Long.isLong(read)) return Number.isSafeInteger(read.toNumber()) ? read.toNumber() : read.toBigInt()
  if (Array.isArray(read)) return read.map(same)
  if (typeof read === 'object' && read !== null)
    return Object.fromEntries(Object.entries(read).map(([key, one]) => [key, same(one)]))
  return read
}

const library = (bytes: Uint8Array): unknown =>
  same(BSON.deserialize(bytes, { promoteLongs: false }) satisfies Document)

t.test('the walker reads what the library reads, whatever a row holds', async t => {
  fc.assert(
    fc.property(document, held => {
      const bytes = Buffer.from(BSON.serialize(held))
      t.same(walk(bytes), library(bytes))
    }),
    { numRuns: 300 },
  )
})

t.test('bytes are a view of the reply, not a copy', async t => {
  const bytes = Buffer.from(BSON.serialize({ json: Buffer.from('{"a":1.0}') }))
  const { json } = walk(bytes)
  t.ok(json instanceof Uint8Array && json.buffer === bytes.buffer)
})

t.test('a document is read where it begins', async t => {
  const bytes = Buffer.concat([Buffer.from('ahead'), BSON.serialize({ a: 1 })])
  t.same(walk(bytes, 5), { a: 1 })
})

t.test('a type that no row has stops the reading', async t => {
  t.throws(() => walk(Buffer.from(BSON.serialize({ a: /x/ }))), /BSON type 11/)
})
