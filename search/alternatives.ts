/** The alternatives of a value: `a,b` means one of them. https://hl7.org/fhir/R4/search.html#combining */
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'
import { splitEscaped } from './escape.ts'

const longestValue = 2000
const mostAlternatives = 200
/** As many ids as may be asked for together fit, of 64 letters each. */
const longestList = 16_000

const tooLong = (code: string, most: number): Result<never> =>
  failAll('badParameter', [
    { diagnostics: `${code}: expected at most ${most} characters.`, expression: `http.${code}`, code: 'too-long' },
  ])

/** Returns the alternatives, still escaped; fails with `too-long`, `too-costly`, or when one of them is empty. */
export function alternativesIn(code: string, value: string, most = mostAlternatives): Result<readonly string[]> {
  const expression = `http.${code}`
  if (value.length > longestList) return tooLong(code, longestList)
  const alternatives = splitEscaped(value, ',')
  if (alternatives.length > most) {
    return fail('tooCostly', `${code}: at most ${most} alternatives in one list.`, expression)
  }
  if (alternatives.some(({ length }) => length > longestValue)) return tooLong(code, longestValue)
  if (alternatives.some(alternative => alternative.trim() === '')) {
    const sentence = `${code}: expected a value; to ask for absence use the modifier :missing.`
    return fail('badParameter', sentence, expression)
  }
  return ok(alternatives)
}
