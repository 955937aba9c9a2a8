/** JSON Pointer. https://www.rfc-editor.org/rfc/rfc6901 */
import { fail, ok, type Result } from './outcome.ts'

/** Names that every object of the language has: no element of R4 is called so. */
const inherited: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Deeper than any resource. */
const mostSteps = 100

/** @returns the steps of a pointer, none for the whole document; `malformedBody` where the text is no pointer. */
export function readPointer(text: string | undefined, at: string): Result<readonly string[]> {
  if (text === '') return ok([])
  if (text === undefined || !text.startsWith('/') || /~(?![01])/.test(text))
    return fail('malformedBody', 'expected a JSON Pointer such as /name/0/family', at)
  const steps = text
    .slice(1)
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (steps.length > mostSteps || steps.some(step => inherited.has(step)))
    return fail('patchRefused', 'expected a pointer to an element of R4, found another name', at)
  return ok(steps)
}
