/** Parameters of type uri. https://hl7.org/fhir/R4/search.html#uri */
import { ok } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { textOf } from './element.ts'
import { withoutEscapes } from './escape.ts'
import { fit } from './fold.ts'
import { exactKey } from './key.ts'
import type { Collected, Indexed, ParameterTypeRow } from './parameter-type.ts'
import { key } from './query.ts'

/** A canonical URL with a version (`url|1.0`) is also found without it. */
export function addCanonical(value: string, { code }: Indexed, { token }: Collected): void {
  token.add(exactKey(code, fit(value)))
  const bar = value.indexOf('|')
  if (bar > 0) token.add(exactKey(code, fit(value.slice(0, bar))))
}

function index({ value }: Found, parameter: Indexed, into: Collected): void {
  const text = textOf(value)
  if (text !== undefined) addCanonical(text, parameter, into)
}

export const uri: ParameterTypeRow = {
  understands: () => false,
  parse: ({ definition, value }) => ok(key(exactKey(definition.code, fit(withoutEscapes(value))))),
  index,
}
