/** Reads the part of FHIRPath in which R4 writes its search parameters. https://hl7.org/fhir/R4/searchparameter.html */
import { fail, ok, type Result } from '../resources/outcome.ts'

/** One step of a path. */
export type Step =
  /** A member; `as` says which type of a choice. */
  | { readonly step: 'element'; readonly name: string; readonly as?: string }
  /** `[n]` */
  | { readonly step: 'item'; readonly index: number }
  /** `.where(name='value')` */
  | { readonly step: 'where'; readonly name: string; readonly equals: string }
  /** `.where(resolve() is Type)` */
  | { readonly step: 'pointing'; readonly to: string }

/** One member of a union. */
export interface Branch {
  /** The type at the root; undefined when the path begins with an element. */
  readonly root: string | undefined
  readonly steps: readonly Step[]
  /** What is asked of the elements: themselves, whether there are any, or whether there is one that is not `false`. */
  readonly asks: 'elements' | 'exists' | 'exists-and-not-false'
}

interface Cursor {
  readonly tokens: readonly string[]
  at: number
}

interface Path {
  readonly root: string | undefined
  readonly steps: Step[]
  exists: boolean
}

/** Not of the part that we know: caught in this file, never seen outside. */
class NotUnderstood extends Error {}

const tokenForm = /\s*([A-Za-z_]\w*|'[^'\\]*'|\d+|!=|[().=|[\]])/y

function tokenize(expression: string): readonly string[] {
  const tokens: string[] = []
  tokenForm.lastIndex = 0
  while (tokenForm.lastIndex < expression.trimEnd().length) {
    const token = tokenForm.exec(expression)?.[1]
    if (token === undefined) throw new NotUnderstood()
    tokens.push(token)
  }
  return tokens
}

const peek = ({ tokens, at }: Cursor): string | undefined => tokens[at]

function take(cursor: Cursor, form?: RegExp | string): string {
  const token = cursor.tokens[cursor.at]
  const fits = typeof form === 'string' ? token === form : token !== undefined && (form?.test(token) ?? true)
  if (token === undefined || !fits) throw new NotUnderstood()
  cursor.at += 1
  return token
}

const name = /^[A-Za-z_]\w*$/

/** Says which type the last step, a choice, is asked for. */
function narrow({ steps }: Path, type: string): void {
  const last = steps.pop()
  if (last?.step !== 'element' || last.as !== undefined) throw new NotUnderstood()
  steps.push({ ...last, as: type })
}

function whereStep(cursor: Cursor): Step {
  const subject = take(cursor, name)
  if (subject !== 'resolve') {
    take(cursor, '=')
    return { step: 'where', name: subject, equals: take(cursor, /^'/).slice(1, -1) }
  }
  for (const token of ['(', ')', 'is']) take(cursor, token)
  return { step: 'pointing', to: take(cursor, name) }
}

/** `extension('url')` is short for a filter of extensions. https://hl7.org/fhir/R4/fhirpath.html#functions */
const extensionSteps = (cursor: Cursor): readonly Step[] => [
  { step: 'element', name: 'extension' },
  { step: 'where', name: 'url', equals: take(cursor, /^'/).slice(1, -1) },
]

/** A function after a dot: its name was taken, its bracket was not. */
function call(path: Path, called: string, cursor: Cursor): void {
  take(cursor, '(')
  if (called === 'as' || called === 'ofType') narrow(path, take(cursor, name))
  else if (called === 'where') path.steps.push(whereStep(cursor))
  else if (called === 'extension') path.steps.push(...extensionSteps(cursor))
  else if (called === 'exists') path.exists = true
  else throw new NotUnderstood()
  take(cursor, ')')
}

function beginPath(cursor: Cursor): Path {
  if (peek(cursor) !== '(') {
    const first = take(cursor, name)
    const isType = /^[A-Z]/.test(first)
    return { root: isType ? first : undefined, steps: isType ? [] : [{ step: 'element', name: first }], exists: false }
  }
  take(cursor, '(')
  const inner = readPath(cursor)
  if (peek(cursor) === 'as') {
    take(cursor, 'as')
    narrow(inner, take(cursor, name))
  }
  take(cursor, ')')
  return inner
}

function readPath(cursor: Cursor): Path {
  const path = beginPath(cursor)
  for (let token = peek(cursor); token === '.' || token === '['; token = peek(cursor)) {
    if (path.exists) throw new NotUnderstood()
    cursor.at += 1
    if (token === '[') {
      path.steps.push({ step: 'item', index: Number(take(cursor, /^\d+$/)) })
      take(cursor, ']')
      continue
    }
    const next = take(cursor, name)
    if (peek(cursor) === '(') call(path, next, cursor)
    else path.steps.push({ step: 'element', name: next })
  }
  return path
}

/** `X`, `X.exists()`, or `X.exists() and X != false`. */
function readBranch(cursor: Cursor): Branch {
  const { root, steps, exists } = readPath(cursor)
  if (peek(cursor) !== 'and') return { root, steps, asks: exists ? 'exists' : 'elements' }
  take(cursor, 'and')
  const other = readPath(cursor)
  for (const token of ['!=', 'false']) take(cursor, token)
  const same = JSON.stringify([root, steps]) === JSON.stringify([other.root, other.steps])
  if (!exists || other.exists || !same) throw new NotUnderstood()
  return { root, steps, asks: 'exists-and-not-false' }
}

/**
 * Returns the members of the union, or a failure that names the expression when it uses what R4's own search
 * parameters do not. A server that promises such a parameter does not start.
 */
export function parseExpression(expression: string): Result<readonly Branch[]> {
  try {
    const cursor: Cursor = { tokens: tokenize(expression), at: 0 }
    const branches = [readBranch(cursor)]
    while (peek(cursor) === '|') {
      take(cursor, '|')
      branches.push(readBranch(cursor))
    }
    if (peek(cursor) !== undefined) throw new NotUnderstood()
    return ok(branches)
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error
    return fail('badParameter', `This search expression is not in the part of FHIRPath that is compiled: ${expression}`)
  }
}
