/** Links to pages, sealed with AES-256-GCM. https://hl7.org/fhir/R4/http.html#paging */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { PageLinks } from './page-links.ts'

const algorithm = 'aes-256-gcm'
/** How long a page can be asked for: one hour. */
const lifetimeMillis = 3_600_000
const nonceBytes = 12
const tagBytes = 16
const instantBytes = 8

/** A longer content is packed: links must fit in a URL. What is remembered of a first page does not pack well. JSON does not begin with the mark. */
const longContent = 2048
const packedMark = 0x01

function pack(content: string): Buffer {
  const bytes = Buffer.from(content)
  return bytes.length > longContent ? Buffer.concat([Buffer.from([packedMark]), deflateRawSync(bytes)]) : bytes
}

const unpack = (bytes: Buffer): string =>
  (bytes[0] === packedMark ? inflateRawSync(bytes.subarray(1)) : bytes).toString()

type Bound = Parameters<PageLinks['seal']>[0]

/** What the seal holds besides the content: a list as JSON cannot be read in two ways. */
const binding = ({ caller, query }: Bound): Buffer => Buffer.from(JSON.stringify(['page 2', caller, query]))

/** The bytes of base64url in its one canonical spelling; undefined for any other text. */
function decode(sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  return bytes.length >= nonceBytes + instantBytes + tagBytes && bytes.toString('base64url') === sealed
    ? bytes
    : undefined
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
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(binding(bound))
    const until = Buffer.alloc(instantBytes)
    until.writeDoubleBE(now + lifetimeMillis)
    const body = [cipher.update(until), cipher.update(pack(content)), cipher.final()]
    return Buffer.concat([nonce, ...body, cipher.getAuthTag()]).toString('base64url')
  },

  open(bound, sealed, now) {
    const bytes = decode(sealed)
    const opened = bytes === undefined ? undefined : decrypt(key, bytes, bound)
    if (opened === undefined || opened.readDoubleBE(0) <= now) return undefined
    return unpack(opened.subarray(instantBytes))
  },
})
