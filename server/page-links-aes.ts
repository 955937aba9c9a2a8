/** Links to pages, sealed with AES-256-GCM. https://hl7.org/fhir/R4/http.html#paging */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Content, PageLinks } from './page-links.ts'

const algorithm = 'aes-256-gcm'
/** How long a page can be asked for: one hour. */
const lifetimeMillis = 3_600_000
const nonceBytes = 12
const tagBytes = 16
const instantBytes = 8

const lengthBytes = 2
const headBytes = instantBytes + lengthBytes

/** A longer text is packed: links must fit in a URL. The bytes beside it would not get shorter. JSON does not begin with the mark. */
const longText = 2048
const packedMark = 0x01
const packed = (text: string): Buffer => Buffer.concat([Buffer.of(packedMark), deflateRawSync(text)])

/** Until when it is good, the bytes with their length, and the text. */
function write({ text, bytes }: Content, until: number): Buffer {
  const long = text.length > longText ? packed(text) : undefined
  const from = headBytes + bytes.length
  const written = Buffer.allocUnsafe(from + (long?.length ?? Buffer.byteLength(text)))
  written.writeDoubleBE(until)
  written.writeUInt16BE(bytes.length, instantBytes)
  written.set(bytes, headBytes)
  if (long === undefined) written.write(text, from)
  else written.set(long, from)
  return written
}

/** What was written, but for the instant. */
function read(written: Buffer): Content {
  const from = headBytes + written.readUInt16BE(instantBytes)
  const text = written.subarray(from)
  return {
    text: (text[0] === packedMark ? inflateRawSync(text.subarray(1)) : text).toString(),
    bytes: written.subarray(headBytes, from),
  }
}

type Bound = Parameters<PageLinks['seal']>[0]

/** What the seal holds besides the content: a list as JSON cannot be read in two ways. */
const binding = ({ caller, query }: Bound): Buffer => Buffer.from(JSON.stringify(['page 3', caller, query]))

/** Random bytes are fetched for many links at once. */
const nonces = Buffer.alloc(nonceBytes * 256)
let nextNonce = nonces.length

/** @returns a nonce that is used for one link and never again, as long as nothing else is asked for one. */
function freshNonce(): Buffer {
  if (nextNonce === nonces.length) {
    randomFillSync(nonces)
    nextNonce = 0
  }
  nextNonce += nonceBytes
  return nonces.subarray(nextNonce - nonceBytes, nextNonce)
}

/** The bytes of base64url in its one canonical spelling; undefined for any other text. */
function decode(sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  return bytes.length >= nonceBytes + headBytes + tagBytes && bytes.toString('base64url') === sealed ? bytes : undefined
}

function decrypt(key: Uint8Array, bytes: Buffer, bound: Bound): Buffer | undefined {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(binding(bound))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const opened = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
  try {
    decipher.final()
    return opened
  } catch {
    return undefined // the one thing that `final` says: the seal does not hold
  }
}

/** @param key 32 bytes, the same for every instance. @returns links that last one hour. */
export const aesPageLinks = (key: Uint8Array): PageLinks => ({
  seal(bound, content, now) {
    const nonce = freshNonce()
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(binding(bound))
    const body = cipher.update(write(content, now + lifetimeMillis))
    return Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()]).toString('base64url')
  },

  open(bound, sealed, now) {
    const bytes = decode(sealed)
    const opened = bytes === undefined ? undefined : decrypt(key, bytes, bound)
    if (opened === undefined || opened.readDoubleBE(0) <= now) return undefined
    return read(opened)
  },
})
