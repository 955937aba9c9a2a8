/**
 * What a patch may change of a document: where it stands, who sees it, whether it is archived. Labels are recomputed, so that a
 * patch that means one label by its place in the list takes no other one away. PDSm 3.1, ITI-95; TD3.3 a to d.
 */
import {
  isList,
  isRecord,
  type JsonRecord,
  type JsonTree,
  list,
  sameJson,
  stringOf,
  withMember,
} from '../resources/json-tree.ts'
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

/** Codings without those whose label of visibility is gone. */
const keptOf = (codings: readonly JsonTree[], gone: (label: string) => boolean): readonly JsonTree[] =>
  codings.filter(coding => {
    const [system = '', code = ''] = ['system', 'code'].map(name => stringOf(memberOf(coding, name)))
    return !gone(labelOf({ system, code }) ?? '')
  })

/** The tree with a list of fewer items, without the member where none is left. */
const withList = (tree: JsonRecord, name: string, items: readonly JsonTree[]): JsonRecord =>
  withMember(tree, name, items.length === 0 ? undefined : list(items))

/** What `meta.security` repeats of the labels: a label that is taken from the document is taken from there too. */
function withoutCopies(document: JsonTree, gone: (label: string) => boolean): JsonTree {
  const meta = memberOf(document, 'meta')
  const copies = itemsOf(meta, 'security')
  const kept = keptOf(copies, gone)
  if (kept.length === copies.length || !isRecord(document) || !isRecord(meta)) return document
  return withMember(document, 'meta', withList(meta, 'security', kept))
}

/** The labels of a document before and after a patch. */
interface Labelling {
  readonly was: readonly JsonTree[]
  readonly is: readonly JsonTree[]
}

/** One label at a time: where one took the place of another, it is not known that both were meant. */
function onlyOne(labels: Labelling): Result<undefined> {
  const [was, is] = [visibilityOf(labels.was), visibilityOf(labels.is)]
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
  if (!isRecord(normal) || labels.some(isNormal) || !isRecord(after)) return after
  // Alone: a label of visibility that stood in the same concept does not come back with it.
  const alone = withMember(normal, 'coding', list(keptOf(itemsOf(normal, 'coding'), label => label !== '')))
  return withMember(after, 'securityLabel', list([alone, ...labels]))
}

/** Where labels stand together, one that is set in the place of another stands beside it: a place in a list unmasks nothing. */
function keepReplaced({ was, is }: Labelling, after: JsonTree): JsonTree {
  const [seen, left] = [visibilityOf(was), visibilityOf(is)]
  const gone = [...seen].filter(label => !left.has(label))
  if (gone.length === 0 || [...left].every(label => seen.has(label)) || !isRecord(after)) return after
  const back = was.flatMap(concept => {
    const codings = keptOf(itemsOf(concept, 'coding'), label => !gone.includes(label))
    return codings.length === 0 || !isRecord(concept) ? [] : [withMember(concept, 'coding', list(codings))]
  })
  return withMember(after, 'securityLabel', list([...is, ...back]))
}

/**
 * @param together whether labels of visibility stand together.
 * @returns what the patch of a document makes, its label `N` kept. Fails with 405 for another element, with 422 where labels
 * that do not stand together change together.
 */
export function patchedDocument(before: JsonTree, patched: JsonTree, together = false): Result<JsonTree> {
  const element = forbidden(before, patched)
  if (element !== undefined) return refused(element)
  const labels = { was: itemsOf(before, 'securityLabel'), is: itemsOf(patched, 'securityLabel') }
  const one = together ? ok(undefined) : onlyOne(labels)
  if (!one.ok) return one
  const after = together ? keepReplaced(labels, patched) : patched
  const [seen, left] = [visibilityOf(labels.was), visibilityOf(itemsOf(after, 'securityLabel'))]
  return ok(
    keepNormal(
      before,
      withoutCopies(after, label => seen.has(label) && !left.has(label)),
    ),
  )
}

const hidesFromPatient = (label: string): boolean => label === 'INVISIBLE_PATIENT'

/** A concept without the coding that hides: what else it says stays. Nothing where nothing else is said. */
function withoutHiding(concept: JsonTree): readonly JsonTree[] {
  const codings = itemsOf(concept, 'coding')
  const kept = keptOf(codings, hidesFromPatient)
  if (kept.length === codings.length || !isRecord(concept)) return [concept]
  return kept.length === 0 ? [] : [withMember(concept, 'coding', list(kept))]
}

/** @returns the document without the label that hides it from its patient, wherever it stands; undefined when it bears none. R.1111-53 CSP. */
export function announced(document: JsonTree): JsonTree | undefined {
  const labels = itemsOf(document, 'securityLabel')
  const kept = labels.flatMap(withoutHiding)
  const rest = withoutCopies(document, hidesFromPatient)
  if (kept.every((label, at) => label === labels[at]) && kept.length === labels.length)
    return rest === document ? undefined : rest
  return isRecord(rest) ? withList(rest, 'securityLabel', kept) : undefined
}
