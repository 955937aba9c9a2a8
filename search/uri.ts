/** Parameters of type uri. https://hl7.org/fhir/R4/search.html#uri */
import { ok, type Result } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { textOf } from './element.ts'
import { withoutEscapes } from './escape.ts'
import { fit, longestKeyText } from './fold.ts'
import { exactKey } from './key.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { key, or, type Query } from './query.ts'

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

/** The most steps up that are looked for. */
const mostSteps = 50

const urlForm = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i

/** `a/b` and all that is under it; `a/b/` is the same place. */
function below(code: string, url: string): Query {
  const folder = url.replace(/\/+$/, '')
  return or(key(exactKey(code, folder)), { op: 'prefix', prefix: exactKey(code, `${folder}/`) })
}

/** The URL and every one that it is under, with and without a slash at the end. */
function above(code: string, url: string): Query | undefined {
  const folder = url.replace(/\/+$/, '')
  const root = folder.indexOf('/', folder.indexOf('://') + 3)
  const places = [folder]
  for (let end = folder.lastIndexOf('/'); root >= 0 && end >= root; end = folder.lastIndexOf('/', end - 1)) {
    places.push(folder.slice(0, end))
    if (places.length > mostSteps) return undefined
  }
  return key(...places.flatMap(place => [exactKey(code, place), exactKey(code, `${place}/`)]))
}

function parse(asked: Asked): Result<Query> {
  const { definition, modifier } = asked
  const text = withoutEscapes(asked.value)
  if (modifier === '') return ok(key(exactKey(definition.code, fit(text))))
  const isPlain = urlForm.test(text) && text.length < longestKeyText && !text.includes('|')
  const query = !isPlain
    ? undefined
    : modifier === 'below'
      ? below(definition.code, text)
      : above(definition.code, text)
  return query === undefined
    ? badValue(
        asked,
        `a URL such as http://example.org/a/b after :${modifier}, of fewer than ${longestKeyText} characters`,
      )
    : ok(query)
}

export const uri: ParameterTypeRow = {
  understands: modifier => modifier === 'below' || modifier === 'above',
  modifiers: ['below', 'above'],
  parse,
  index,
}
