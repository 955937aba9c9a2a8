/** An answer of named values: the resource Parameters. https://hl7.org/fhir/R4/parameters.html */
import { bytesOf } from '../../resources/bundle.ts'
import type { Span } from '../../security/calendar.ts'
import type { Reply } from './interaction.ts'

/** One parameter, or one part of another. */
export type Parameter = Readonly<Record<string, unknown>> & { readonly name: string }

/** A parameter with one value, such as `one('reads', 'Boolean', true)`; none where there is no value. */
export const one = (name: string, type: string, value: unknown): readonly Parameter[] =>
  value === undefined || value === null ? [] : [{ name, [`value${type}`]: value }]

/** A parameter of parts. */
export const parts = (name: string, ...part: readonly (readonly Parameter[])[]): Parameter => ({
  name,
  part: part.flat(),
})

/** The same parameter for each of several values. */
export const each = (name: string, type: string, values: readonly unknown[]): readonly Parameter[] =>
  values.flatMap(value => one(name, type, value))

/** Milliseconds since 1970 as an instant. */
export const instant = (at: number): string => new Date(at).toISOString()

/** A Period with an end that does not belong to it any more; none where it is open on both sides. */
export function period(name: string, { from, before }: Span): readonly Parameter[] {
  const start = from === null ? {} : { start: instant(from) }
  const end = before === null ? {} : { end: instant(before - 1) }
  return from === null && before === null ? [] : one(name, 'Period', { ...start, ...end })
}

export const parametersReply = (parameter: readonly Parameter[]): Reply => ({
  status: 200,
  headers: {},
  body: bytesOf({ resourceType: 'Parameters', parameter }),
})
