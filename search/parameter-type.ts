/** What a type of search parameter must be able to do. https://hl7.org/fhir/R4/search.html#ptypes */
import type { Hierarchies } from '../resources/hierarchy.ts'
import { fail, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import type { ValueSets } from '../resources/value-set.ts'
import type { Found } from './compile-walker.ts'
import type { DateInterval, QuantityInterval } from './index-entry.ts'
import type { Query } from './query.ts'

/** What the meaning of a value depends on beside the value. */
export interface Surroundings {
  /** IANA name of the zone in which dates without one are. */
  readonly zone: string
  /** Milliseconds since 1970, for `ap`. */
  readonly now: number
  /** `https://…/fhir` of this server, without a final slash. */
  readonly base: string
  /** What `:in` and `:not-in` know. */
  readonly valueSets?: ValueSets | undefined
  /** What `:above` and `:below` of codes know. */
  readonly hierarchies?: Hierarchies | undefined
}

/** One alternative of a parameter of the URL. */
export interface Asked {
  readonly definition: SearchParameterDefinition
  /** '' for none. `missing` never comes here. */
  readonly modifier: string
  /** Decoded from the URL, still escaped as FHIR asks. */
  readonly value: string
  readonly surroundings: Surroundings
}

/** The parameter for which an element is indexed. */
export interface Indexed {
  readonly code: string
  readonly zone: string
  readonly base: string
  /** The code system of an element of type `code`. */
  readonly implicitSystem: string | undefined
  /** Its tokens are kept in small letters. */
  readonly ofAnyCase: boolean
  /** The scalar `patient` stands for references to a Patient: they make no keys. */
  readonly patientIsScalar: boolean
}

/** The search block of one resource while it is filled. */
export interface Collected {
  readonly token: Set<string>
  readonly date: DateInterval[]
  readonly quantity: QuantityInterval[]
}

export interface ParameterTypeRow {
  /** Whether it understands a modifier other than `missing`. */
  readonly understands: (modifier: string, definition: SearchParameterDefinition) => boolean
  /** Those that it may understand, for refusals and for the capability statement. */
  readonly modifiers: readonly string[]
  /** Reads one alternative of the URL. */
  readonly parse: (asked: Asked) => Result<Query>
  /** Adds that under which `found` is searched. An unknown shape is found under nothing. */
  readonly index: (found: Found, parameter: Indexed, into: Collected) => void
}

/** The refusal of a value: it says what was expected, and never repeats the value, which may be about a patient. */
export const badValue = ({ definition: { code } }: Asked, expected: string): ReturnType<typeof fail> =>
  fail('badParameter', `${code}: expected ${expected}.`, `http.${code}`)
