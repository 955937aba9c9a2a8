/** What we write as BSON against the library of the driver. https://bsonspec.org/spec.html */
import fc from 'fast-check'
import { Binary, BSON, Decimal128, Long } from 'mongodb'
import t from 'tap'
import { encode } from '../../../server/store/wire/encode.ts'

const name = fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }).filter(text => !text.includes('\0'))
const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'binary-ascii', maxLength: 100 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 50 }),
  fc.uint8Array({ maxLength: 50 }).map(bytes => new Binary(bytes, 4)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(value => Long.fromBigInt(value)),
)
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 40 }).map(list => Object.freeze(list)),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}))
const document = fc.dictionary(name, value, { maxKeys: 6 })

/** As the driver writes: nothing is left out. */
const library = (held: object): Buffer => Buffer.from(BSON.serialize(held, { ignoreUndefined: false }))

t.test('every document is written as the library writes it, each time', async t => {
  fc.assert(
    fc.property(document, held => {
      t.ok(encode(held).equals(library(held)))
      t.ok(encode(held).equals(library(held)), 'a frozen list is copied as it was written')
    }),
    { numRuns: 300 },
  )
})

t.test('text that is no text ends as U+FFFD, as in the library', async t => {
  for (const text of ['\ud800', 'a\udc00b', '\ud83d\ude00', 'é'.repeat(80)])
    t.ok(encode({ text }).equals(library({ text })))
})

t.test('a document larger than any before it is whole', async t => {
  const large = { a: 'x'.repeat(300_000), b: [Buffer.alloc(3_000_000, 7)], c: 'é'.repeat(70_000), d: 1 }
  t.ok(encode(large).equals(library(large)))
})

t.test('room is left ahead of the document', async t => {
  t.ok(
    encode({ a: 1 }, 21)
      .subarray(21)
      .equals(library({ a: 1 })),
  )
})

t.test('what no row has is refused', async t => {
  for (const [held, expected] of [
    [{ a: Decimal128.fromString('1') }, /Decimal128/],
    [{ a: () => 1 }, /function/],
    [{ 'a\0b': 1 }, /zero byte/],
  ] as const)
    t.throws(() => encode(held), expected)
})
