/** The paths of a FHIRPath Patch: a language that a client writes and the server performs, cut to what finds elements. https://hl7.org/fhir/R4/fhirpatch.html */
import { type ExpressionNode, parseExpression } from './fhirpath.ts'
import { fail, ok, type Result } from './outcome.ts'

const mostLetters = 500

/** What an expression may be made of: no arithmetic, no variables of the surroundings, nothing that makes new values. */
const kinds: ReadonlySet<string> = new Set(
  (
    'EntireExpression TermExpression InvocationTerm LiteralTerm ParenthesizedTerm InvocationExpression IndexerExpression ' +
    'EqualityExpression InequalityExpression AndExpression OrExpression TypeExpression MemberInvocation ThisInvocation ' +
    'FunctionInvocation Functn ParamList Identifier TypeSpecifier QualifiedIdentifier StringLiteral NumberLiteral ' +
    'BooleanLiteral DateLiteral DateTimeLiteral TimeLiteral'
  ).split(' '),
)

/** Functions that choose among elements, in time that grows with the resource and no faster. */
const functions: ReadonlySet<string> = new Set(
  'where first last single tail skip take extension ofType as is exists empty not count startsWith endsWith contains hasValue'.split(
    ' ',
  ),
)

const inherited: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** What in an expression is not understood here; undefined when all of it is. */
function foreignPart({ type, text = '', children = [] }: ExpressionNode): string | undefined {
  if (!kinds.has(type)) return 'an expression of another kind'
  if (type === 'Identifier' && inherited.has(text.replaceAll('`', ''))) return 'a name that no element has'
  if (type === 'Functn' && !functions.has(text)) return 'another function'
  for (const child of children) {
    const foreign = foreignPart(child)
    if (foreign !== undefined) return foreign
  }
  return undefined
}

/** Where the library could not read on; the rest of its sentence repeats the text, which is the client's. */
function stumbleOf(error: unknown): string {
  const [, column] = /^line: 1; column: (\d+);/.exec(error instanceof Error ? error.message : '') ?? []
  return column === undefined ? 'a text that is none' : `one that cannot be read from letter ${Number(column) + 1} on`
}

/** The path as a tree, or what was found in its place. */
function parsed(path: string): ExpressionNode | string {
  try {
    return parseExpression(path)
  } catch (error) {
    return stumbleOf(error) // the library says with an exception that the text is no FHIRPath
  }
}

/** @returns the path; `patchRefused` when it is no FHIRPath, or goes beyond what finds elements. */
export function readPatchPath(path: string | undefined, at: string): Result<string> {
  if (path === undefined) return fail('patchRefused', 'expected a FHIRPath, found none', at)
  if (path.length > mostLetters)
    return fail('patchRefused', `expected a FHIRPath of at most ${mostLetters} letters, found ${path.length}`, at)
  const root = parsed(path)
  if (typeof root === 'string')
    return fail('patchRefused', `expected a FHIRPath such as Patient.name[0].given, found ${root}`, at)
  const foreign = foreignPart(root)
  return foreign === undefined
    ? ok(path)
    : fail(
        'patchRefused',
        `expected a path of elements, indexes, where(), extension(), ofType() and such, found ${foreign}`,
        at,
      )
}

/** The name of a list at the end of a path, and the path of the element that holds it. */
export interface ListPath {
  readonly holder: string
  readonly name: string
}

const listForm = /^(?:(.+)\.)?([A-Za-z][A-Za-z0-9]*)$/s

/** @returns the parts of a path that names a list, as insert and move need it: the list may still be empty. */
export function readListPath(path: string, at: string): Result<ListPath> {
  const [, holder, name] = listForm.exec(path) ?? []
  if (name === undefined) return fail('patchRefused', 'expected a path that ends with the name of a list', at)
  const read = holder === undefined ? ok('$this') : readPatchPath(holder, at)
  return read.ok ? ok({ holder: read.value, name }) : read
}
