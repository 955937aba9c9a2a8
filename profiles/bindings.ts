/** The codes that R4 requires of elements. https://hl7.org/fhir/R4/terminologies.html#required */
import { type CodesOfSystem, codesOf } from '../resources/value-set.ts'
import type { Structures } from './structure.ts'
import type { WordFault } from './words.ts'

/** What is asked of the elements that are bound to one value set. */
export interface Binding {
  /** What a reader is told was expected: the codes, when they are few. */
  readonly expected: string
  /** The same of a Coding, with its system. */
  readonly expectedCoding: string
  /** Whether an element of type code may have it. */
  readonly admits: (code: string) => boolean
  /** Whether a Coding of the system may have it. */
  readonly holds: (system: unknown, code: unknown) => boolean
}

/** How codes look that are too many to be listed, by their system. */
const forms: Readonly<Record<string, { readonly expected: string; readonly pattern: RegExp }>> = {
  'urn:ietf:bcp:13': {
    expected: 'a media type (type/subtype, with parameters or without)',
    pattern:
      /^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*(?: ?; ?[\w!#$&^.+-]+=(?:"[^"\p{Cc}]*"|[^\s;"\p{Cc}]+))*$/u,
  },
  'urn:ietf:bcp:47': {
    expected: 'a language (fr, fr-FR, …)',
    pattern: /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/,
  },
  'urn:iso:std:iso:4217': { expected: 'a currency of three letters (EUR, …)', pattern: /^[A-Z]{3}$/ },
}

/** Of a system without a form of its own. */
const anyForm = { expected: 'a code', pattern: /^\S+(?: \S+)*$/u }

const formOf = (system: string) => (Object.hasOwn(forms, system) ? forms[system] : undefined) ?? anyForm

/** More codes than these are not listed to a reader. */
const mostTold = 20

/** A Coding needs the system beside the code. */
const tellCoding = (url: string, parts: readonly CodesOfSystem[]): string =>
  `${parts.map(({ system }) => system).join(' or ')} with ${tell(url, parts)}`

function tell(url: string, parts: readonly CodesOfSystem[]): string {
  const codes = parts.flatMap(part => part.codes ?? [])
  if (codes.length > mostTold) return `one of the ${codes.length} codes of ${url}`
  const inForm = parts.flatMap(({ system, codes }) => (codes === undefined ? formOf(system).expected : []))
  const listed = codes.length === 0 ? [] : [`one of ${codes.join(', ')}`]
  return [...listed, ...inForm].join(', or ')
}

function bindingTo(url: string, parts: readonly CodesOfSystem[]): Binding {
  const codes = new Set(parts.flatMap(part => part.codes ?? []))
  const patterns = parts.flatMap(({ system, codes }) => (codes === undefined ? formOf(system).pattern : []))
  const bySystem = new Map(parts.map(({ system, codes }) => [system, codes && new Set(codes)]))
  const [only] = patterns
  return {
    expected: tell(url, parts),
    expectedCoding: tellCoding(url, parts),
    admits:
      only === undefined ? code => codes.has(code) : code => codes.has(code) || patterns.some(form => form.test(code)),
    holds: (system, code) =>
      typeof system === 'string' &&
      typeof code === 'string' &&
      bySystem.has(system) &&
      (bySystem.get(system)?.has(code) ?? formOf(system).pattern.test(code)),
  }
}

/** Returns what is asked by every value set to which elements are bound, by its URL. @throws when the codes of one are not known. */
export function bindingsOf({ nodes, valueSets }: Structures): ReadonlyMap<string, Binding> {
  const bindings = new Map<string, Binding>()
  for (const { binding: url } of Object.values(nodes).flat()) {
    if (url === undefined || bindings.has(url)) continue
    const parts = codesOf(valueSets, url)
    if (parts === undefined || parts === null) throw new Error(`The codes of ${url} are not known`)
    bindings.set(url, bindingTo(url, parts))
  }
  return bindings
}

/** One coding at least is of the value set: words alone are not enough where the binding is required. */
export function checkConcept(
  { holds, expectedCoding: expected }: Binding,
  { coding }: Readonly<Record<string, unknown>>,
): readonly WordFault[] | undefined {
  if (!Array.isArray(coding)) return [{ keyword: 'concept', found: { expected, codings: 'no coding' } }]
  for (const each of coding) if (holds(each?.system, each?.code)) return undefined
  return [{ keyword: 'concept', found: { expected, codings: 'others' } }]
}
