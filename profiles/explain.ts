/** What is wrong with a resource, told with FHIRPath and without its data. https://hl7.org/fhir/R4/operationoutcome.html */
import type { Complaint, IssueCode } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { primitives } from './primitives.ts'

/** One thing that a schema found wrong. */
export interface Fault {
  /** JSON Pointer to the value at fault. */
  readonly pointer: string
  /** The word of the schema that was not kept. */
  readonly keyword: string
  /** The type of FHIR that was expected there. */
  readonly fhirType: string | undefined
  /** The JSON type that was expected there. */
  readonly jsonType: string | undefined
  /** The codes that were expected there, in words. */
  readonly codes?: string | undefined
  /** What the word found, by name. */
  readonly found: Readonly<Record<string, unknown>>
}

interface Told {
  readonly code: IssueCode
  readonly diagnostics: string
  /** The child at fault, when it is not the value itself. */
  readonly child?: string
}

/** A name that may be repeated to the client: it has the form of an element's name and is no text of a person. */
const elementName = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** The value to which a JSON Pointer leads, and the FHIRPath of the same place. */
export function locate(resource: Resource, pointer: string): { readonly value: unknown; readonly expression: string } {
  let value: unknown = resource
  let expression = resource.resourceType
  for (const name of pointer.split('/').slice(1)) {
    expression += Array.isArray(value) ? `[${name}]` : `.${name}`
    value = isObject(value) ? value[name] : undefined
  }
  return { value, expression }
}

/** A JSON value in a word or two; never the value itself. */
function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'another text'
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return 'a number beyond what can be kept'
  const words: Readonly<Record<string, string>> = { number: 'a number', boolean: 'true or false', object: 'an object' }
  return words[typeof value] ?? 'nothing'
}

function expectation({ fhirType, jsonType, keyword }: Fault): string {
  const primitive = fhirType === undefined ? undefined : primitives[fhirType]
  if (primitive !== undefined) return primitive.expected
  if (keyword === 'type' && jsonType === 'array') return 'an array'
  return fhirType === undefined ? 'an object' : `an object (${fhirType})`
}

const names = (list: unknown): string => (Array.isArray(list) ? list.join(', ') : '')

/** What each word of a schema says when it is not kept. A new word is a new row. */
const tellers: Readonly<Record<string, (fault: Fault, value: unknown) => Told>> = {
  type: (fault, value) => ({
    code: 'structure',
    diagnostics: `expected ${expectation(fault)}, found ${describe(value)}`,
  }),
  format: (fault, value) =>
    fault.codes === undefined
      ? { code: 'value', diagnostics: `expected ${expectation(fault)}, found ${describe(value)}` }
      : { code: 'code-invalid', diagnostics: `expected ${fault.codes}, found ${describe(value)}` },
  concept: ({ found }) => ({
    code: 'code-invalid',
    diagnostics: `expected a coding of ${String(found.expected)}, found ${String(found.codings)}`,
  }),
  minimum: fault => ({ code: 'value', diagnostics: `expected ${expectation(fault)}, found a smaller number` }),
  maximum: fault => ({ code: 'value', diagnostics: `expected ${expectation(fault)}, found a greater number` }),
  minItems: () => ({ code: 'structure', diagnostics: 'expected at least one item, found an empty array' }),
  unknown: ({ found }) => {
    const child = String(found.child)
    const known = elementName.test(child)
    return {
      code: 'structure',
      diagnostics: 'expected the elements of R4 alone, found another name',
      ...(known ? { child } : {}),
    }
  },
  missing: ({ found }) => ({
    code: 'required',
    diagnostics: `expected ${String(found.child)}, which is required, found nothing`,
    child: String(found.child).replace('[x]', ''),
  }),
  both: ({ found }) => ({
    code: 'structure',
    diagnostics: 'expected one of the elements that exclude each other, found several',
    child: String(found.child),
  }),
  empty: () => ({ code: 'structure', diagnostics: 'expected an object with content, found an empty object' }),
  deep: () => ({
    code: 'structure',
    diagnostics: 'expected fewer levels of nesting, found more than this server reads',
  }),
  pair: ({ found }) => ({
    code: 'structure',
    diagnostics: `expected a value or a sibling at each place, found neither at place ${String(found.place)}`,
  }),
  resource: () => ({
    code: 'structure',
    diagnostics: 'expected a resource of a type of R4, found none or another',
    child: 'resourceType',
  }),
  targets: ({ found }) => ({
    code: 'value',
    diagnostics: `expected a reference to ${names(found.targets)}, found one to another type`,
    child: String(found.child),
  }),
}

/** Returns what a client is told of a fault: a FHIRPath, what was expected and what was found, and never data. */
export function explain(resource: Resource, fault: Fault): Complaint {
  const { value, expression } = locate(resource, fault.pointer)
  const told = tellers[fault.keyword]?.(fault, value) ?? {
    code: 'structure',
    diagnostics: 'expected the structure of R4',
  }
  return {
    code: told.code,
    diagnostics: told.diagnostics,
    expression: told.child === undefined ? expression : `${expression}.${told.child}`,
  }
}
