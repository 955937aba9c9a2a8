/**
 * A row as reads give it, straight from its bytes: a page is twenty of them, and the general walker takes five times as
 * long. It knows the fields of `foundFields` and `versionFields`, each by its length and first letter.
 */
import { walk } from './bson-walker.ts'
import { keysAt } from './key-list.ts'
import type { Found, LiftedData } from './store.ts'

type Draft = { -readonly [Name in keyof Found]: Found[Name] }

const longestName = 32
const codeOf = (name: string): number => name.charCodeAt(0) * longestName + name.length

const [_ID, ID, ROW, TYPE] = [codeOf('_id'), codeOf('id'), codeOf('row'), codeOf('type')]
const [PATIENT, DOCUMENT_TYPE, MASK] = [codeOf('patient'), codeOf('documentType'), codeOf('mask')]
const [HIDDEN_UNTIL, VERSION, UPDATED] = [codeOf('hiddenUntil'), codeOf('version'), codeOf('updated')]
const [DATE, TIE, BYTES, BLOBS, DELETED] = ['date', 'tie', 'json', 'blobs', 'deleted'].map(codeOf)
const SEARCH = codeOf('search')

/** Neighbours share these values: where the bytes are the same, the text is. */
class Recent {
  readonly #bytes = new Uint8Array(64)
  #length = -1
  #text = ''

  read(bytes: Buffer, from: number, to: number): string {
    if (to - from === this.#length && this.#isSame(bytes, from)) return this.#text
    this.#text = bytes.toString('utf8', from, to)
    this.#length = to - from <= this.#bytes.length ? to - from : -1
    if (this.#length > 0) this.#bytes.set(bytes.subarray(from, to))
    return this.#text
  }

  #isSame(bytes: Buffer, from: number): boolean {
    for (let at = 0; at < this.#length; at += 1) if (bytes[from + at] !== this.#bytes[at]) return false
    return true
  }
}

const recent = { type: new Recent(), patient: new Recent(), documentType: new Recent() }

// The border: `toDocument` wrote it.
const liftedAt = (bytes: Buffer, at: number): readonly LiftedData[] =>
  Object.values(walk(bytes, at)) as unknown as readonly LiftedData[]

const noBytes = new Uint8Array()
const noBlobs: readonly LiftedData[] = []

const fresh = (): Draft => ({
  _id: '',
  id: '',
  type: '',
  patient: null,
  documentType: '',
  mask: 0,
  hiddenUntil: null,
  version: 0,
  updated: 0,
  date: 0,
  tie: 0,
  json: noBytes,
  blobs: noBlobs,
  deleted: false,
  keys: undefined,
})

/** One row after the other; it keeps its place between fields. */
class RowReader {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #row = fresh()
  #prefixes: readonly Uint8Array[] = []

  read(bytes: Buffer, prefixes: readonly Uint8Array[]): Found {
    this.#bytes = bytes
    this.#prefixes = prefixes
    this.#at = 4
    this.#row = fresh()
    while (this.#at < bytes.length - 1) this.#field()
    return this.#row
  }

  #field(): void {
    const bytes = this.#bytes
    const name = this.#at + 1
    let end = name
    while (bytes[end] !== 0) end += 1
    const type = bytes[name - 1]
    this.#at = end + 1
    this.#value(type ?? 0, (bytes[name] ?? 0) * longestName + end - name)
  }

  /** https://bsonspec.org/spec.html has the types by their bytes. */
  #value(type: number, field: number): void {
    if (type === 2) this.#text(field)
    else if (type === 16) this.#number(field, this.#bytes.readInt32LE(this.#skip(4)))
    else if (type === 1) this.#number(field, this.#bytes.readDoubleLE(this.#skip(8)))
    else if (type === 9 || type === 18) this.#number(field, int64(this.#bytes, this.#skip(8)))
    else if (type === 5) this.#binary(field)
    else if (type === 4) this.#list(field)
    else if (type === 8) this.#flag(field)
    else if (type === 3 && field === SEARCH) this.#keys()
    else if (type !== 10) throw new Error(`a row holds the BSON type ${type}, which no row that is read has`)
  }

  /** @returns where it was. */
  #skip(bytes: number): number {
    this.#at += bytes
    return this.#at - bytes
  }

  #text(field: number): void {
    const [bytes, row] = [this.#bytes, this.#row]
    const from = this.#skip(4) + 4
    const to = from + bytes.readInt32LE(from - 4) - 1
    this.#at = to + 1
    if (field === TYPE) row.type = recent.type.read(bytes, from, to)
    else if (field === PATIENT) row.patient = recent.patient.read(bytes, from, to)
    else if (field === DOCUMENT_TYPE) row.documentType = recent.documentType.read(bytes, from, to)
    else if (field === ID) row.id = bytes.toString('utf8', from, to)
    // In the history `_id` names the version; `row`, which comes after it, the resource.
    else if (field === _ID || field === ROW) row._id = bytes.toString('utf8', from, to)
  }

  #number(field: number, value: number): void {
    const row = this.#row
    if (field === UPDATED) row.updated = value
    else if (field === DATE) row.date = value
    else if (field === TIE) row.tie = value
    else if (field === HIDDEN_UNTIL) row.hiddenUntil = value
    else if (field === VERSION) row.version = value
    else if (field === MASK) row.mask = value
  }

  #list(field: number): void {
    const start = this.#at
    this.#skip(this.#bytes.readInt32LE(start))
    if (field === BLOBS) this.#row.blobs = liftedAt(this.#bytes, start)
  }

  #keys(): void {
    const start = this.#at
    this.#skip(this.#bytes.readInt32LE(start))
    this.#row.keys = keysAt(this.#bytes, start, this.#prefixes)
  }

  #flag(field: number): void {
    const value = this.#bytes[this.#skip(1)] === 1
    if (field === DELETED) this.#row.deleted = value
  }

  #binary(field: number): void {
    const from = this.#skip(5) + 5
    this.#skip(this.#bytes.readInt32LE(from - 5))
    if (field === BYTES) this.#row.json = this.#bytes.subarray(from, this.#at)
  }
}

const int64 = (bytes: Buffer, at: number): number => bytes.readInt32LE(at + 4) * 4_294_967_296 + bytes.readUInt32LE(at)

const reader = new RowReader()

const noPrefixes: readonly Uint8Array[] = []

/** @returns the row whose BSON this is. Throws on a type that no row has. */
export const toFound = (bytes: Buffer): Found => reader.read(bytes, noPrefixes)

/** @returns the same with those of its keys that begin with one of `prefixes`. */
export const toFoundWithKeys = (bytes: Buffer, prefixes: readonly Uint8Array[]): Found => reader.read(bytes, prefixes)
