/** Reads the language of `_filter` into a tree; what its tests mean is told in `read-filter.ts`. https://hl7.org/fhir/R4/search_filter.html */
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'

export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'test'; readonly path: string; readonly comparison: string; readonly value: string }

const longest = 2000
const mostTests = 50
const deepest = 10

/** Not of the language, or more of it than is read: caught in this file. */
class NotRead extends Error {}

interface Cursor {
  readonly tokens: readonly string[]
  at: number
  tests: number
}

/** A value in quotes; a bracket; a word before a bracket; a path with a filter in it, as one piece; all else up to a blank. */
const tokenForm =
  /\s*("(?:[^"\\]|\\.)*"|[()]|(?:not|and|or)(?=\()|[a-z_][\w:.-]*\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\][^\s()]*|[^\s()"][^\s)]*)/iy

function tokenize(text: string): readonly string[] {
  const tokens: string[] = []
  const end = text.trimEnd().length
  tokenForm.lastIndex = 0
  while (tokenForm.lastIndex < end) {
    const token = tokenForm.exec(text)?.[1]
    if (token === undefined) throw new NotRead('a value in quotes is not closed')
    tokens.push(token)
  }
  return tokens
}

function take(cursor: Cursor, what: string): string {
  const token = cursor.tokens[cursor.at]
  if (token === undefined) throw new NotRead(`it ends where ${what} should stand`)
  cursor.at += 1
  return token
}

function takeThe(cursor: Cursor, bracket: '(' | ')'): void {
  if (take(cursor, bracket) !== bracket) throw new NotRead(`${bracket} is missing`)
}

/** The words of the language are without case, as literals of ABNF are (RFC 5234, 2.3). */
const wordAt = ({ tokens }: Cursor, at: number): string | undefined => tokens[at]?.toLowerCase()

function readValue(token: string): string {
  if (!token.startsWith('"')) return token
  try {
    return String(JSON.parse(token))
  } catch {
    throw new NotRead('a value in quotes is no JSON string')
  }
}

function readTest(cursor: Cursor): Filter {
  cursor.tests += 1
  if (cursor.tests > mostTests) throw new NotRead(`it has more than ${mostTests} tests`)
  const [path, comparison, value] = ['a parameter', 'an operator', 'a value'].map(what => take(cursor, what))
  if ([path, comparison, value].some(token => token === '(' || token === ')'))
    throw new NotRead('a test is a parameter, an operator and a value')
  return { op: 'test', path: path ?? '', comparison: (comparison ?? '').toLowerCase(), value: readValue(value ?? '') }
}

function readTerm(cursor: Cursor, depth: number): Filter {
  if (depth > deepest) throw new NotRead(`it is nested more than ${deepest} times`)
  const first = wordAt(cursor, cursor.at)
  const negated = first === 'not'
  if (negated && cursor.tokens[cursor.at + 1] !== '(') throw new NotRead('not is followed by brackets')
  if (!negated && first !== '(') return readTest(cursor)
  if (negated) cursor.at += 1
  takeThe(cursor, '(')
  const inner = readFilter(cursor, depth + 1)
  takeThe(cursor, ')')
  return negated ? { op: 'not', of: inner } : inner
}

function readFilter(cursor: Cursor, depth: number): Filter {
  const of = [readTerm(cursor, depth)]
  let joined: 'and' | 'or' | undefined
  for (let word = wordAt(cursor, cursor.at); word === 'and' || word === 'or'; word = wordAt(cursor, cursor.at)) {
    if (joined !== undefined && joined !== word)
      throw new NotRead('and stands beside or: say by brackets which comes first')
    joined = word
    cursor.at += 1
    of.push(readTerm(cursor, depth))
  }
  const [only] = of
  return joined === undefined && only !== undefined ? only : { op: joined ?? 'and', of }
}

/** Returns the tree; a failure says what is wrong and never repeats a value. `and` beside `or` needs brackets: R4 gives no order. */
export function parseFilter(text: string): Result<Filter> {
  if (text.length > longest) {
    const diagnostics = `_filter: expected at most ${longest} characters.`
    return failAll('badParameter', [{ diagnostics, expression: 'http._filter', code: 'too-long' }])
  }
  try {
    const cursor: Cursor = { tokens: tokenize(text), at: 0, tests: 0 }
    const filter = readFilter(cursor, 0)
    if (cursor.at < cursor.tokens.length) throw new NotRead('something follows its end')
    return ok(filter)
  } catch (error) {
    if (!(error instanceof NotRead)) throw error
    return fail(
      'badParameter',
      `_filter: expected tests such as status eq final, joined by and, or, not ( ); ${error.message}.`,
      'http._filter',
    )
  }
}
