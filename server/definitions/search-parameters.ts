/** R4's SearchParameters, one by one for each type that has them. https://hl7.org/fhir/R4/searchparameter-registry.html */

import type { CutStructures } from '../../profiles/structure.ts'
import type { SearchParameterFacts, SearchParameterTable } from '../../resources/search-parameter-definition.ts'

/** The part of a SearchParameter that is read. */
export interface SearchParameter {
  readonly url: string
  readonly version?: string
  readonly code: string
  readonly base: readonly string[]
  readonly type: string
  readonly expression?: string
  readonly target?: readonly string[]
  /** Of a composite. */
  readonly component?: readonly { readonly definition: string }[]
}

/** So many targets mean: any type. */
const anyTarget = 100

/** The branches of a union that stands at the top of an expression. */
function branchesOf(expression: string): readonly string[] {
  const branches: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < expression.length; at += 1) {
    if (expression[at] === '(') depth += 1
    if (expression[at] === ')') depth -= 1
    if (expression[at] !== '|' || depth > 0) continue
    branches.push(expression.slice(start, at))
    start = at + 1
  }
  return [...branches, expression.slice(start)].map(branch => branch.trim())
}

/** What is left of an expression for one type; undefined when nothing. Every branch begins with the type. */
export function cutExpression(expression: string, type: string): string | undefined {
  const kept = branchesOf(expression).flatMap(branch => {
    const [, open = '', first = '', rest = ''] = /^(\(*)([A-Za-z]+)(.*)$/s.exec(branch) ?? []
    if (first === type) return [branch]
    if (first === 'Resource' || first === 'DomainResource') return [`${open}${type}${rest}`]
    return /^[a-z]/.test(first) ? [`${open}${type}.${first}${rest}`] : []
  })
  return kept.length === 0 ? undefined : kept.join(' | ')
}

/** The types to which the element at a plain path may refer; undefined when the path is not plain or leads to any type. */
function targetsOfPath(path: string, { nodes }: CutStructures): readonly string[] | undefined {
  const [type = '', ...names] = path.replace(/^\(?([\w.]+)(?:\)| as Reference\)|\.as\(Reference\))?$/, '$1').split('.')
  let node = type
  for (const [at, name] of names.entries()) {
    const types = nodes[node]?.find(element => element.name === name)?.types
    if (types === undefined) return undefined
    if (at === names.length - 1) return types.find(({ code }) => code === 'Reference')?.targets
    node = types[0]?.code ?? ''
  }
  return undefined
}

/** The declared targets, cut to what the elements of this type allow. Empty when any. */
function targetsOf(expression: string, declared: readonly string[], structures: CutStructures): readonly string[] {
  const possible = branchesOf(expression).map(branch => {
    const resolved = /resolve\(\) is (\w+)\)/.exec(branch)?.[1]
    return resolved === undefined ? targetsOfPath(branch, structures) : [resolved]
  })
  const any = declared.length === 0 || declared.length > anyTarget
  const listed = possible.every(targets => targets !== undefined) ? [...new Set(possible.flat())] : undefined
  if (listed === undefined) return any ? [] : declared
  return any ? listed : declared.filter(target => listed.includes(target))
}

/** @returns what R4 4.0.1 says of every search parameter, by type and name. Parameters without an expression are left out. */
export function cutSearchParameters(all: readonly SearchParameter[], structures: CutStructures): SearchParameterTable {
  const official = all.filter(({ version }) => version === '4.0.1')
  const codes = new Map(official.map(({ url, code }) => [url, code]))
  const forType = (type: string) =>
    official.flatMap(
      ({ code, base, type: kind, expression, target, url, component }): [string, SearchParameterFacts][] => {
        if (![type, 'Resource', 'DomainResource'].some(name => base.includes(name))) return []
        const cut = expression === undefined ? undefined : cutExpression(expression, type)
        if (cut === undefined) return []
        const targets = kind === 'reference' ? targetsOf(cut, target ?? [], structures) : []
        const components = component?.map(({ definition }) => codes.get(definition) ?? '')
        const facts = { type: kind, expression: cut, target: targets, definition: url }
        return [[code, components === undefined ? facts : { ...facts, components }]]
      },
    )
  return Object.fromEntries(structures.resources.map(type => [type, Object.fromEntries(forType(type))]))
}
