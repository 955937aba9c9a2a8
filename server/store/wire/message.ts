/** One command as OP_MSG, and its reply. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg */
import { type Document, MongoNetworkError } from 'mongodb'
import { type WalkedDocument, walkReply } from '../bson-walker.ts'
import { TooLarge } from '../too-large.ts'
import { encode } from './encode.ts'

const opMsg = 2013
const headerBytes = 16
/** Header, flags, and the kind of the one section. */
const beforeDocument = headerBytes + 4 + 1
/** What a server accepts and sends at most. */
const longest = 48_000_000
/** What it accepts of one document, which a command is: beyond, it ends the connection or refuses. https://www.mongodb.com/docs/manual/reference/limits/ */
const longestCommand = 16 * 1024 * 1024 + 16 * 1024

/** @returns the message; the number of the request is set when it is sent. Throws `TooLarge`. */
export function toMessage(command: Document): Buffer {
  const bytes = encode(command, beforeDocument)
  if (bytes.length > longestCommand) throw new TooLarge(`a command of ${bytes.length} bytes`)
  bytes.fill(0, 0, beforeDocument)
  bytes.writeInt32LE(bytes.length, 0)
  bytes.writeInt32LE(opMsg, 12)
  return bytes
}

export const numberMessage = (message: Buffer, request: number): void => void message.writeInt32LE(request, 4)

/** @returns how long the message is that begins here; undefined while that cannot be told. Throws on what is no message. */
export function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined
  const length = bytes.readInt32LE(0)
  if (length > beforeDocument && length <= longest) return length
  throw new MongoNetworkError('expected a reply of the database, found something else')
}

/** @returns the document of the reply to `request`. */
export function fromMessage(bytes: Buffer, request: number): WalkedDocument {
  const answers = bytes.readInt32LE(8) === request && bytes.readInt32LE(12) === opMsg && bytes[headerBytes + 4] === 0
  if (!answers) throw new MongoNetworkError('expected the reply to a command, found another message')
  return walkReply(bytes, beforeDocument)
}
