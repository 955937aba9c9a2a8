/** Proves a password without sending it: SCRAM-SHA-256. https://www.rfc-editor.org/rfc/rfc7677 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { MongoNetworkError } from 'mongodb'

export interface Credentials {
  readonly username: string
  /** Of ASCII: then no preparation changes it. */
  readonly password: string
  /** The database that knows the user. */
  readonly source: string
}

const derive = promisify(pbkdf2)

/** Fewer would make guessing cheap. RFC 7677, section 4 */
const leastIterations = 4096
const keyBytes = 32

const refused = (found: string): MongoNetworkError =>
  new MongoNetworkError(`expected a SCRAM-SHA-256 conversation, found ${found}`)

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const attributes = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(',').map(part => [part.slice(0, 1), part.slice(2)]))

/** `=` and `,` separate the parts of a message. RFC 5802, section 5.1 */
const escaped = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

/** One conversation: what to say first, what to answer, and whether the server knows the password too. */
export function scram({ username, password }: Credentials) {
  const nonce = randomBytes(24).toString('base64')
  const bare = `n=${escaped(username)},r=${nonce}`
  let expected: Uint8Array = Buffer.alloc(0)
  return {
    first: `n,,${bare}`,
    async answer(challenge: string): Promise<string> {
      const said = attributes(challenge)
      const [common = '', salt = '', iterations] = [said.get('r'), said.get('s'), Number(said.get('i'))]
      if (!common.startsWith(nonce) || !(iterations >= leastIterations)) throw refused('another one')
      const salted = await derive(password, Buffer.from(salt, 'base64'), iterations, keyBytes, 'sha256')
      const clientKey = hmac(salted, 'Client Key')
      const storedKey = createHash('sha256').update(clientKey).digest()
      const unproved = `c=biws,r=${common}`
      const exchanged = `${bare},${challenge},${unproved}`
      const signature = hmac(storedKey, exchanged)
      expected = hmac(hmac(salted, 'Server Key'), exchanged)
      return `${unproved},p=${Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')}`
    },
    verify(final: string): void {
      const signature = Buffer.from(attributes(final).get('v') ?? '', 'base64')
      if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
        throw refused('a server that does not know the password')
    },
  }
}
