/**
 * Writes commands and documents as BSON, as the driver would, at a fraction of its cost: only the types that ours hold.
 * https://bsonspec.org/spec.html
 */
import { Binary, type Document, Long } from 'mongodb'

/**
 * A list or document that is frozen, and what it holds too, is written once and copied afterwards: the types of a column
 * of the matrix, the agent of a line. Shorter lists are not worth it.
 */
const worthKeeping = 16

/** Minus zero is none: its sign would be lost. */
const isInt32 = (value: number): boolean => Object.is(value, value | 0)

/** Beyond it a buffer that one large document made grow is not kept. */
const keptBytes = 1 << 20

class Encoder {
  #bytes = Buffer.allocUnsafe(1 << 16)
  #at = 0
  readonly #frozen = new WeakMap<object, Buffer>()

  /** @returns `head` empty bytes, and the document after them. */
  encode(document: Document, head: number): Buffer {
    this.#at = 0
    this.#room(head)
    this.#at = head
    this.#document(document)
    const encoded = Buffer.allocUnsafeSlow(this.#at)
    this.#bytes.copy(encoded, 0, 0, this.#at)
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafe(1 << 16)
    return encoded
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  #document(document: Document): void {
    if (Object.isFrozen(document)) this.#onlyOnce(document, () => this.#fields(document))
    else this.#fields(document)
  }

  #fields(document: Document): void {
    const start = this.#begin()
    for (const name of Object.keys(document)) this.#element(name, document[name])
    this.#end(start)
  }

  #array(values: readonly unknown[]): void {
    if (values.length >= worthKeeping && Object.isFrozen(values)) this.#onlyOnce(values, () => this.#members(values))
    else this.#members(values)
  }

  #members(values: readonly unknown[]): void {
    const start = this.#begin()
    for (let place = 0; place < values.length; place += 1) this.#element(String(place), values[place])
    this.#end(start)
  }

  #onlyOnce(value: object, write: () => void): void {
    const kept = this.#frozen.get(value)
    if (kept !== undefined) {
      this.#copy(kept)
      return
    }
    const start = this.#at
    write()
    this.#frozen.set(value, Buffer.from(this.#bytes.subarray(start, this.#at)))
  }

  #begin(): number {
    this.#room(4)
    this.#at += 4
    return this.#at - 4
  }

  #end(start: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = 0
    this.#bytes.writeInt32LE(this.#at - start, start)
  }

  #copy(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #element(name: string, value: unknown): void {
    this.#room(1)
    const type = this.#at++
    this.#name(name)
    const byte = this.#value(value) // which may have moved the bytes
    this.#bytes[type] = byte
  }

  #name(name: string): void {
    if (name.includes('\0')) throw new TypeError('expected the name of an element, found one with a zero byte')
    this.#text(name)
    this.#room(1)
    this.#bytes[this.#at++] = 0
  }

  /** Half of a character becomes U+FFFD, as everywhere in UTF-8. */
  #text(text: string): void {
    this.#room(text.length * 3)
    const bytes = this.#bytes
    let at = this.#at
    for (let place = 0; place < text.length; place += 1) {
      const unit = text.charCodeAt(place)
      if (unit > 0x7f || place === longestByUnit) {
        this.#at += bytes.write(text, this.#at)
        return
      }
      bytes[at++] = unit
    }
    this.#at = at
  }

  /** Writes the value. @returns the byte of its type. */
  #value(value: unknown): number {
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        this.#room(1)
        this.#bytes[this.#at++] = value ? 1 : 0
        return 8
      case 'bigint':
        this.#room(8)
        this.#at = this.#bytes.writeBigInt64LE(value, this.#at)
        return 18
      case 'undefined':
        return 10
      case 'object':
        return value === null ? 10 : this.#object(value)
      default:
        throw new TypeError(`expected a value that a row can hold, found a ${typeof value}`)
    }
  }

  #string(text: string): number {
    const start = this.#begin()
    this.#text(text)
    this.#room(1)
    this.#bytes[this.#at++] = 0
    this.#bytes.writeInt32LE(this.#at - start - 4, start)
    return 2
  }

  #number(value: number): number {
    this.#room(8)
    const whole = isInt32(value)
    this.#at = whole ? this.#bytes.writeInt32LE(value, this.#at) : this.#bytes.writeDoubleLE(value, this.#at)
    return whole ? 16 : 1
  }

  #binary(bytes: Uint8Array, subtype: number): number {
    this.#room(5)
    this.#at = this.#bytes.writeInt32LE(bytes.length, this.#at)
    this.#bytes[this.#at++] = subtype
    this.#copy(bytes)
    return 5
  }

  #object(value: object): number {
    if (Array.isArray(value)) {
      this.#array(value)
      return 4
    }
    if (value instanceof Date) {
      this.#room(8)
      this.#at = this.#bytes.writeBigInt64LE(BigInt(value.getTime()), this.#at)
      return 9
    }
    if (value instanceof Uint8Array) return this.#binary(value, 0)
    if (!('_bsontype' in value)) {
      this.#document(value)
      return 3
    }
    if (value instanceof Binary) return this.#binary(value.buffer.subarray(0, value.position), value.sub_type)
    if (value instanceof Long) return this.#value(value.toBigInt())
    throw new TypeError(`expected a value that a row can hold, found a ${String(value._bsontype)}`)
  }
}

/** Shorter text is written unit by unit, which is cheaper than a call out of the language. */
const longestByUnit = 64

const encoder = new Encoder()

/** @returns the document as BSON after `head` bytes that are left to the caller. Throws on a type that no row has. */
export const encode = (document: Document, head = 0): Buffer => encoder.encode(document, head)
