/** What is no FHIR in the resource of one entry is the fault of that entry: the others of a batch are performed. https://hl7.org/fhir/R4/http.html#transaction */
import { type Failure, fail } from '../../resources/outcome.ts'
import { Malformed, type XmlListener, type XmlTag } from './well-formed.ts'

/** By the path of the entry, such as `Bundle.entry[2]`. */
export type Faults = Map<string, Failure>

/** How many elements are open within an entry, itself and its Bundle among them. */
export const ofEntry = 2

/** More than a Bundle may have entries. */
const mostFaults = 1000

/** Reads a document whose entries may be left. */
export interface EntryReader extends XmlListener {
  /** The path of the entry within whose resource it is. */
  readonly entry: string | undefined
  instruction(): void
  /** Goes on behind that resource. */
  leaveEntry(): void
}

export const failureOf = ({ message, expression }: Malformed): ReturnType<typeof fail> =>
  fail('malformedBody', message, expression)

/** Passes over a resource from its first fault to its end. What is not well-formed is thrown by whoever tells, and not heard here. */
export class EntriesApart implements XmlListener {
  readonly #reader: EntryReader
  readonly #faults: Faults
  #depth = 0
  #isOver = false

  constructor(reader: EntryReader, faults: Faults) {
    this.#reader = reader
    this.#faults = faults
  }

  open(tag: XmlTag): void {
    this.#depth += 1
    if (this.#isOver) return
    const { entry } = this.#reader
    try {
      this.#reader.open(tag)
    } catch (error) {
      this.#passOver(entry, error)
    }
  }

  close(end: number): void {
    this.#depth -= 1
    const { entry } = this.#reader
    try {
      if (!this.#isOver) this.#reader.close(end)
    } catch (error) {
      this.#passOver(entry, error)
    }
    if (!this.#isOver || this.#depth > ofEntry) return
    this.#isOver = false
    this.#reader.leaveEntry()
  }

  text(text: string, isCdata: boolean): void {
    if (this.#isOver) return
    const { entry } = this.#reader
    try {
      this.#reader.text(text, isCdata)
    } catch (error) {
      this.#passOver(entry, error)
    }
  }

  instruction(): void {
    if (!this.#isOver) this.#reader.instruction()
  }

  #passOver(entry: string | undefined, error: unknown): void {
    if (!(error instanceof Malformed) || entry === undefined || this.#faults.size === mostFaults) throw error
    this.#faults.set(entry, failureOf(new Malformed(error.message, error.expression ?? `${entry}.resource`)).failure)
    this.#isOver = true
  }
}
