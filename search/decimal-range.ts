/** Decimals as they are written: the literal says the precision. https://hl7.org/fhir/R4/search.html#number */

/** A number of a URL and the range [low, high) that its precision implies. */
export interface DecimalRange {
  readonly value: number
  readonly low: number
  readonly high: number
}

const decimalForm = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/
const longestLiteral = 60

/**
 * Returns the number and its range: 5.4 is [5.35, 5.45), 100 is [99.5, 100.5), 5.40e-3 is 0.0054 ± 0.000005 as R4's
 * example of quantities has it, and 1e2 is [95, 105) as its table of numbers has it (a whole literal with an exponent is
 * good for one digit more than it shows). Undefined when it is not a number.
 * The limits are made from digits, so that they are the doubles nearest to the decimal limits.
 */
export function decimalRange(literal: string): DecimalRange | undefined {
  const [, sign, whole, fraction = '', exponent] = decimalForm.exec(literal) ?? []
  const value = Number(literal)
  if (whole === undefined || literal.length > longestLiteral || !Number.isFinite(value)) return undefined
  const moreDigits = exponent === undefined || fraction !== '' ? 1 : 2
  const scale = Number(exponent ?? 0) - fraction.length - moreDigits
  const units = BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(moreDigits)
  const [low, high] = [Number(`${units - 5n}e${scale}`), Number(`${units + 5n}e${scale}`)]
  // More digits than a double has: the limits are the value itself, which is found all the same.
  return { value, low, high: high > value ? high : justAbove(value) }
}

/** A number just above `value`: what is at least that is greater than `value`. */
export const justAbove = (value: number): number => value + Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)

/** A number just below `value`. */
export const justBelow = (value: number): number => -justAbove(-value)
