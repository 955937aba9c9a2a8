/**
 * What a patch may change of a document: where it stands, who sees it, whether it is archived. Labels are recomputed, so that a
 * patch that means one label by its place in the list takes no other one away. PDSm 3.1, ITI-95; TD3.3 a to d.
 */
import { isList, isRecord, type JsonTree, list, sameJson, stringOf, withMember } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { isArchivedExtension, labelOf } from './mask.ts'

const changeable: ReadonlySet<string> = new Set(['status', 'securityLabel', 'extension'])

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

const memberOf = (tree: JsonTree | undefined, name: string): JsonTree | undefined =>
  isRecord(tree) ? tree.members.get(name) : undefined

const itemsOf = (tree: JsonTree | undefined, name: string): readonly JsonTree[] => {
  const member = memberOf(tree, name)
  return isList(member) ? member.items : []
}

const same = (one: JsonTree | undefined, other: JsonTree | undefined): boolean =>
  one === undefined || other === undefined ? one === other : sameJson(one, other)

const refused = (element: string): Result<never> =>
  fail(
    'notAllowed',
    'expected a patch of status, securityLabel or the extension that archives, found one of another element',
    `DocumentReference.${element}`,
  )

/** The extensions but for the one that archives. */
const others = (tree: JsonTree): readonly JsonTree[] =>
  itemsOf(tree, 'extension').filter(each => stringOf(memberOf(each, 'url')) !== isArchivedExtension)

const sameAll = (one: readonly JsonTree[], other: readonly JsonTree[]): boolean =>
  one.length === other.length && one.every((each, at) => same(each, other[at]))

/** The element that a patch changes and may not; undefined when there is none. */
function forbidden(before: JsonTree, after: JsonTree): string | undefined {
  const names = [before, after].flatMap(tree => (isRecord(tree) ? [...tree.members.keys()] : []))
  const changed = names.filter(name => !same(memberOf(before, name), memberOf(after, name)))
  return (
    changed.find(name => !changeable.has(name)) ?? (sameAll(others(before), others(after)) ? undefined : 'extension')
  )
}

/** The codings of one CodeableConcept as `system|code`. */
const codesOf = (concept: JsonTree): readonly string[] =>
  itemsOf(concept, 'coding').map(
    coding => `${stringOf(memberOf(coding, 'system')) ?? ''}|${stringOf(memberOf(coding, 'code')) ?? ''}`,
  )

const isNormal = (concept: JsonTree): boolean => codesOf(concept).includes(`${confidentiality}|N`)

/** The labels of visibility among codes, by their own names. */
function visibilityOf(labels: readonly JsonTree[]): ReadonlySet<string> {
  const codes = labels.flatMap(codesOf).map(text => {
    const [system = '', code = ''] = text.split('|')
    return labelOf({ system, code })
  })
  return new Set(codes.filter(code => code !== undefined))
}

/** One label at a time: where one took the place of another, it is not known that both were meant. */
function onlyOne(before: readonly JsonTree[], after: readonly JsonTree[]): Result<undefined> {
  const [was, is] = [visibilityOf(before), visibilityOf(after)]
  const changed = [...was].filter(code => !is.has(code)).concat([...is].filter(code => !was.has(code)))
  if (changed.length < 2) return ok(undefined)
  return fail(
    'patchRefused',
    `expected a patch that sets or takes one label, found ${changed.join(' and ')} changed together`,
    'DocumentReference.securityLabel',
  )
}

/** `N` stands beside every other label, and stays. */
function keepNormal(before: JsonTree, after: JsonTree): JsonTree {
  const normal = itemsOf(before, 'securityLabel').find(isNormal)
  const labels = itemsOf(after, 'securityLabel')
  if (normal === undefined || labels.some(isNormal) || !isRecord(after)) return after
  return withMember(after, 'securityLabel', list([normal, ...labels]))
}

/**
 * @returns what the patch of a document makes, its label `N` kept. Fails with 405 for another element, with 422 where labels
 * change together.
 */
export function patchedDocument(before: JsonTree, after: JsonTree): Result<JsonTree> {
  const element = forbidden(before, after)
  if (element !== undefined) return refused(element)
  const one = onlyOne(itemsOf(before, 'securityLabel'), itemsOf(after, 'securityLabel'))
  return one.ok ? ok(keepNormal(before, after)) : one
}

/** @returns the document without the label that hides it from its patient; undefined when it bears none. R.1111-53 CSP. */
export function announced(document: JsonTree): JsonTree | undefined {
  const labels = itemsOf(document, 'securityLabel')
  const kept = labels.filter(label => !visibilityOf([label]).has('INVISIBLE_PATIENT'))
  if (kept.length === labels.length || !isRecord(document)) return undefined
  return withMember(document, 'securityLabel', kept.length === 0 ? undefined : list(kept))
}
