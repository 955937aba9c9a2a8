/** What each primitive type looks like in JSON. https://hl7.org/fhir/R4/datatypes.html#primitive */
import { decodeBase64 } from '../resources/base64.ts'
import { isDate, isDateTime, isInstant, isTime } from './calendar.ts'
import { isNarrative } from './narrative.ts'
import { isReferenceForm } from './reference-form.ts'

/** One primitive type. */
export interface Primitive {
  /** What a reader is told was expected. */
  readonly expected: string
  readonly json: 'string' | 'number' | 'integer' | 'boolean'
  /** Whether the text has the form of the type. */
  readonly test?: (text: string) => boolean
  /** What XML may say, where it is more than digits: R4's regular expression. */
  readonly lexical?: RegExp
  /** The least and the greatest integer. */
  readonly range?: readonly [number, number]
}

const greatest = 2_147_483_647
const longestText = 1_048_576

/** Control characters and halves of characters, which no XML and no index can carry. */
const unprintable = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\p{Cs}/u

const isText = (text: string): boolean => text !== '' && text.length <= longestText && !unprintable.test(text)

/** A URI without white space; a scheme that makes a browser run or show its own text is refused. */
const isUri = (text: string): boolean => /^[^\s\p{Cc}]+$/u.test(text) && !/^(?:javascript|vbscript|data):/i.test(text)

const isBase64 = (text: string): boolean => decodeBase64(text) !== undefined

const form = (pattern: RegExp) => (text: string) => pattern.test(text)

/** Every primitive type of R4, and two texts with a form of their own. */
export const primitives: Readonly<Record<string, Primitive>> = {
  base64Binary: { expected: 'base64', json: 'string', test: isBase64 },
  boolean: { expected: 'true or false', json: 'boolean' },
  canonical: { expected: 'a canonical URL without white space', json: 'string', test: isUri },
  code: {
    expected: 'a code without white space around it',
    json: 'string',
    test: form(/^[^\s\p{Cc}]+(?: [^\s\p{Cc}]+)*$/u),
  },
  date: { expected: 'a date of the calendar (YYYY, YYYY-MM or YYYY-MM-DD)', json: 'string', test: isDate },
  dateTime: {
    expected: 'a date of the calendar, or with a time (hh:mm:ss) and a time zone',
    json: 'string',
    test: isDateTime,
  },
  decimal: { expected: 'a number', json: 'number' },
  id: { expected: '1 to 64 of A-Z a-z 0-9 - .', json: 'string', test: form(/^[A-Za-z0-9.-]{1,64}$/) },
  instant: {
    expected: 'a date of the calendar with a time (hh:mm:ss) and a time zone',
    json: 'string',
    test: isInstant,
  },
  integer: {
    expected: 'an integer of 32 bits',
    json: 'integer',
    lexical: /^(?:0|[-+]?[1-9]\d*)$/,
    range: [-greatest - 1, greatest],
  },
  markdown: { expected: 'a text that is not empty', json: 'string', test: isText },
  oid: { expected: 'an OID (urn:oid:…)', json: 'string', test: form(/^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/) },
  positiveInt: { expected: 'an integer from 1', json: 'integer', lexical: /^\+?[1-9]\d*$/, range: [1, greatest] },
  reference: { expected: 'a reference (Type/id, #id or a URI)', json: 'string', test: isReferenceForm },
  string: { expected: 'a text that is not empty', json: 'string', test: isText },
  time: { expected: 'a time (hh:mm:ss)', json: 'string', test: isTime },
  unsignedInt: { expected: 'an integer from 0', json: 'integer', lexical: /^(?:0|[1-9]\d*)$/, range: [0, greatest] },
  uri: { expected: 'a URI without white space', json: 'string', test: isUri },
  url: { expected: 'a URL without white space, of a scheme that runs nothing', json: 'string', test: isUri },
  uuid: {
    expected: 'a UUID (urn:uuid:…)',
    json: 'string',
    test: form(/^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  },
  xhtml: { expected: 'one XHTML div of text formatting alone', json: 'string', test: isNarrative },
}

/** The elements whose type says less than R4's text about them. */
export const narrower: Readonly<Record<string, string>> = { 'Reference.reference': 'reference' }
