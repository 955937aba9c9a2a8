/** Looks into parsed JSON without trusting its shape. */

export type JsonObject = Readonly<Record<string, unknown>>

/** The value as an object, or undefined when it is none. */
export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined

/** The value as a list: itself, or empty. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The value as a string, or undefined. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
