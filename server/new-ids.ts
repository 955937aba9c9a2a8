/** The random and the secret part of ids: where `resources/ids.ts` says what they look like. */
import { createHmac, randomFillSync } from 'node:crypto'
import { crockford, instantText } from '../resources/ids.ts'

/** Random bytes are drawn by the block: one call of the system for many ids. */
const block = Buffer.alloc(4096)
let used = block.length

/** @returns where `count` fresh random bytes stand in the block. */
function random(count: number): number {
  if (used + count > block.length) {
    randomFillSync(block)
    used = 0
  }
  used += count
  return used - count
}

/** `length` characters of 5 random bits each. */
function randomText(length: number): string {
  let characters = ''
  const from = random(length)
  for (let at = from; at < from + length; at += 1) characters += crockford[(block[at] ?? 0) & 31]
  return characters
}

/** @param now milliseconds since 1970. @returns 26 characters: 48 bits of time and 80 random ones. */
export const newUlid = (now: number): string => instantText(now) + randomText(16)

/** @returns the key of a new patient: 12 characters, 60 random bits, and nothing about the person or the time. */
export const newPatientKey = (): string => randomText(12)

/** @returns 48 random bits. */
export const newTie = (): number => block.readUIntBE(random(6), 6)

/** @param secret at least 32 bytes. @returns a digest of the parts: keys of the registry reveal nothing. */
export const registryKeys =
  (secret: Uint8Array) =>
  (...parts: readonly string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url')
