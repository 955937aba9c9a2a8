/** Types along a search expression: what an expression that somebody else wrote selects is known before it is used. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
import type { Element, Structures } from '../profiles/structure.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { ParameterType } from '../resources/search-parameter-definition.ts'
import { specializations } from './choice-elements.ts'
import { type Branch, parseExpression, type Step } from './parse-expression.ts'

/** The types of element that a parameter of each type finds something in. */
const fitting: Readonly<Record<ParameterType, readonly string[]>> = {
  token: ['CodeableConcept', 'Coding', 'Identifier', 'ContactPoint', 'code', 'boolean', 'string', 'id', 'uri'],
  reference: ['Reference', 'canonical', 'uri'],
  date: ['date', 'dateTime', 'instant', 'Period', 'Timing'],
  string: ['string', 'markdown', 'code', 'HumanName', 'Address'],
  uri: ['uri', 'url', 'canonical', 'oid', 'uuid'],
  number: ['decimal', 'integer', 'positiveInt', 'unsignedInt', 'Range'],
  quantity: ['Quantity', 'Money', 'Age', 'Count', 'Distance', 'Duration', 'Range'],
}

/** What an expression is written for. */
export interface ExpressionUse {
  /** The resource type to which it is applied. */
  readonly of: string
  /** The type of the parameter. */
  readonly for: ParameterType
  readonly structures: Structures
}

/** An expression as the walker compiles it. */
export interface TypedExpression {
  /** Every choice in it says its type. */
  readonly expression: string
  /** The types to which its references may lead; empty when any. */
  readonly target: readonly string[]
  /** The types of the elements that it selects. */
  readonly elements: readonly string[]
}

/** One way through the elements of a branch: the types of choices are part of it. */
interface Way {
  readonly text: string
  /** The type, or the node, of the element it has come to. */
  readonly at: string
  readonly target: readonly string[] | undefined
  /** The type of what is found, where that is the answer to a question about the element. */
  readonly answer?: string
}

const longest = 1000
const deepest = 16
const mostBranches = 16
const mostWays = 24

/** What is understood, for refusals. */
export const understood =
  "paths of elements, with [n], as, ofType(), extension('url'), where(name='value'), where(resolve() is Type), exists(), and | between them"

type Refusal = ReturnType<typeof fail>
const refuse = (sentence: string): Refusal => fail('refusedByRule', sentence)

function depthOf(text: string): number {
  let [depth, most] = [0, 0]
  for (const letter of text) {
    if (letter === '(') depth += 1
    if (letter === ')') depth -= 1
    most = Math.max(most, depth)
  }
  return most
}

const elementOf = ({ nodes }: Structures, at: string, name: string): Element | undefined =>
  Object.hasOwn(nodes, at) ? nodes[at]?.find(each => each.name === name) : undefined

/** The types that a step over an element may come to. */
function typesOf({ types, choice }: Element, as: string | undefined): Element['types'] {
  if (as === undefined) return types
  const asked = choice === true ? (specializations.get(as) ?? [as]) : [as]
  return types.filter(({ code }) => asked.includes(code))
}

function stepOver(step: Extract<Step, { step: 'element' }>, way: Way, use: ExpressionUse): readonly Way[] {
  const element = elementOf(use.structures, way.at, step.name)
  if (element === undefined) return []
  return typesOf(element, step.as).map(({ code, targets }) => ({
    text: `${way.text}.${step.name}${element.choice === true ? `.ofType(${code})` : ''}`,
    at: code,
    target: targets,
  }))
}

/** The ways that go on after one step; none when it does not fit. */
function after(step: Step, way: Way, use: ExpressionUse): readonly Way[] {
  switch (step.step) {
    case 'element':
      return stepOver(step, way, use)
    case 'item':
      return way.text.endsWith(')') ? [] : [{ ...way, text: `${way.text}[${step.index}]` }]
    case 'where':
      return elementOf(use.structures, way.at, step.name) === undefined
        ? []
        : [{ ...way, text: `${way.text}.where(${step.name}='${step.equals}')` }]
    case 'pointing':
      return way.at === 'Reference'
        ? [{ ...way, text: `${way.text}.where(resolve() is ${step.to})`, target: [step.to] }]
        : []
  }
}

const said = (step: Step): string => (step.step === 'element' ? `the element ${step.name.slice(0, 64)}` : 'this filter')

/** Every way through a branch that ends where the parameter finds something. */
function waysThrough({ steps, asks }: Branch, use: ExpressionUse): Result<readonly Way[]> {
  let ways: readonly Way[] = [{ text: use.of, at: use.of, target: undefined }]
  for (const step of steps) {
    const next = ways.flatMap(way => after(step, way, use))
    if (next.length === 0) return refuse(`expected a path through elements of R4, found no place for ${said(step)}`)
    ways = next
  }
  if (steps.length === 0) return refuse('expected the path of an element, found a whole resource')
  if (asks !== 'elements') {
    if (use.for !== 'token') return refuse(`expected elements for a parameter of type ${use.for}, found a question`)
    return ways.length === 1
      ? ok(ways.map(way => ({ ...way, answer: 'boolean' })))
      : refuse('expected a choice of elements that says its type before exists()')
  }
  const fit = ways.filter(({ at }) => fitting[use.for].includes(at))
  if (fit.length > 0) return ok(fit)
  return refuse(
    `expected elements of type ${fitting[use.for].join(', ')} for a parameter of type ${use.for}, found other`,
  )
}

function textOf({ asks }: Branch, { text }: Way): string {
  if (asks === 'elements') return text
  return asks === 'exists' ? `${text}.exists()` : `${text}.exists() and ${text} != false`
}

const isAbout = ({ root }: Branch, type: string): boolean =>
  root === undefined || root === type || root === 'Resource' || root === 'DomainResource'

function branchesOf(expression: string, of: string): Result<readonly Branch[]> {
  if (expression.length > longest) return refuse(`expected at most ${longest} letters, found more`)
  if (depthOf(expression) > deepest) return refuse(`expected brackets at most ${deepest} deep, found more`)
  const parsed = parseExpression(expression)
  if (!parsed.ok) return refuse(`expected what is compiled here (${understood}), found something else`)
  const branches = parsed.value.filter(branch => isAbout(branch, of))
  if (branches.length === 0) return refuse(`expected a path that begins with ${of}, found none`)
  return branches.length > mostBranches ? refuse(`expected at most ${mostBranches} paths, found more`) : ok(branches)
}

/** The types that the references of all ways lead to; empty when one of them leads to any. */
function targetsOf(ways: readonly Way[]): readonly string[] {
  const targets = ways.map(({ target }) => target)
  return targets.every(target => target !== undefined) ? [...new Set(targets.flat())] : []
}

/**
 * Returns the expression for one resource type, with the type of every choice said; fails with a sentence about what is
 * not understood, leads to no element of R4, or ends on elements in which the parameter would find nothing. Contained
 * resources are not looked into, and no reference is followed.
 */
export function typedExpression(expression: string, use: ExpressionUse): Result<TypedExpression> {
  const branches = branchesOf(expression, use.of)
  if (!branches.ok) return branches
  const texts: string[] = []
  const all: Way[] = []
  for (const branch of branches.value) {
    const ways = waysThrough(branch, use)
    if (!ways.ok) return ways
    all.push(...ways.value)
    texts.push(...ways.value.map(way => textOf(branch, way)))
  }
  if (texts.length > mostWays) return refuse(`expected choices of at most ${mostWays} types in all, found more`)
  const elements = [...new Set(all.map(({ at, answer = at }) => answer))]
  return ok({ expression: texts.join(' | '), target: use.for === 'reference' ? targetsOf(all) : [], elements })
}
