/** Base64 that came as bytes means what the same letters mean as text, wherever the pieces in which it is read end. https://hl7.org/fhir/R4/datatypes.html#base64Binary */
import t from 'tap'
import { decodeBase64, decodeLetters } from '../../resources/base64.ts'

/** Letters of so many bytes, whose values are all there are. */
const lettersOf = (count: number): string =>
  Buffer.from(Array.from({ length: count }, (_, at) => at % 256)).toString('base64')

/** The letters that are read at once. */
const piece = 16 * 1024
const whole = lettersOf((piece / 4) * 3)

const rows: readonly (readonly [what: string, letters: string, isBase64: boolean])[] = [
  ['no letters', '', false],
  ['a piece exactly', whole, true],
  ['a piece and four letters', `${whole}AAAA`, true],
  ['a piece and two letters that are filled', `${whole}AA==`, true],
  ['a piece and three letters that are filled', `${whole}AAA=`, true],
  ['a piece and a letter', `${whole}A`, false],
  ['three pieces without a letter', `${whole}${whole}${whole.slice(0, -1)}=`, true],
  ['filling at the end of the first piece', `${whole.slice(0, -2)}==${whole}`, false],
  ['filling in the middle of a piece', `AA==${whole}`, false],
  ['letters of base64url in the second piece', `${whole}A-A_`, false],
  ['a letter of Latin-1', `${whole}AAA\u00e9`, false],
  ['white space between the lines', `${whole}\r\n${whole}\n`, true],
  ['white space alone', ' \n ', false],
]

for (const [what, letters, isBase64] of rows)
  t.test(`${what} ${isBase64 ? 'is' : 'is no'} base64, as text and as bytes`, async t => {
    const decoded = decodeLetters(Buffer.from(letters, 'latin1'))
    t.equal(decoded !== undefined, isBase64)
    t.same(decoded, decodeBase64(letters))
  })
