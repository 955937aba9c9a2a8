/** What a deposit may point to: its own contents, documents that it may replace, targets that its author sees. `access.md` section 6. */
import { objectOf, textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { attachedBinaries } from '../companion-targets.ts'
import { objectsOf, targetOf } from '../elements.ts'
import type { ProposedWrite, WriteRequest } from '../regime.ts'
import type { Judging } from './judging.ts'

const nameOf = (write: ProposedWrite): string =>
  `${write.type}/${write.after?.id ?? write.entry?.id ?? write.before?.entry.id ?? write._id}`

const namesOf = (writes: readonly ProposedWrite[]): ReadonlySet<string> => new Set(writes.map(nameOf))

/** Binaries outside the unit that already take the labels of the row. */
const followers = ({ request, plan }: Judging): readonly string[] =>
  (request.referenced ?? [])
    .filter(({ entry, labels }) => entry.type === 'Binary' && labels.follows.includes(plan.write._id))
    .map(({ entry }) => `Binary/${entry.id}`)

const urlElements: Readonly<Record<string, string>> = { DocumentReference: 'content.attachment.url' }

/**
 * A content that is stored already keeps the labels that it has, so a document may only point to a Binary which the
 * same unit writes, and so labels anew; to the one that it has; or to one that follows it.
 */
function judgeBinaries(judging: Judging, after: Resource): Result<undefined> {
  const attached = attachedBinaries(after)
  if (attached.length === 0) return ok(undefined)
  const { request, plan } = judging
  const written = namesOf(
    request.writes.filter(({ type, interaction }) => type === 'Binary' && interaction !== 'delete'),
  )
  const before = plan.write.before?.resource
  const held = [...(before === undefined ? [] : attachedBinaries(before)), ...followers(judging)]
  const stranger = attached.find(binary => !written.has(binary) && !held.includes(binary))
  if (stranger === undefined) return ok(undefined)
  const element = urlElements[after.resourceType] ?? 'presentedForm.url'
  return fail(
    'refusedByRule',
    'expected a Binary of the same deposit, found another',
    `${after.resourceType}.${element}`,
  )
}

/** What a document replaces: a name, or a business identifier as `system|value`. */
const replacedBy = (resource: Resource | undefined): readonly string[] =>
  objectsOf(resource?.relatesTo)
    .filter(({ code }) => textOf(code) === 'replaces')
    .map(({ target }) => {
      const identifier = objectOf(objectOf(target)?.identifier)
      return targetOf(target) ?? `${textOf(identifier?.system) ?? ''}|${textOf(identifier?.value) ?? ''}`
    })

const identifiersOf = ({ after }: ProposedWrite): readonly string[] =>
  [...objectsOf(after?.identifier), ...objectsOf(after?.masterIdentifier)].map(
    ({ system, value }) => `${textOf(system) ?? ''}|${textOf(value) ?? ''}`,
  )

/** A replaced document is superseded in the same unit, and that update is judged as any other. */
function judgeReplacement({ request, plan }: Judging, after: Resource): Result<undefined> {
  const replaced = replacedBy(after)
  if (replaced.length === 0) return ok(undefined)
  const updates = request.writes.filter(
    ({ type, interaction }) => type === 'DocumentReference' && interaction === 'update',
  )
  const allowed = new Set([
    ...replacedBy(plan.write.before?.resource),
    ...updates.flatMap(update => [nameOf(update), ...identifiersOf(update)]),
  ])
  if (replaced.every(target => allowed.has(target))) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected a document of your own to replace, found none',
    'DocumentReference.relatesTo.target',
  )
}

/** Elements whose targets lend their labels: one that is not known would lend none. */
const lenders: ReadonlyMap<string, { readonly element: string; readonly targets: (resource: Resource) => unknown }> =
  new Map([
    ['List', { element: 'entry.item', targets: ({ entry }: Resource) => objectsOf(entry).map(({ item }) => item) }],
    ['Provenance', { element: 'target', targets: ({ target }: Resource) => target }],
    ['Binary', { element: 'securityContext', targets: ({ securityContext }: Resource) => securityContext }],
  ])

/** Everything of which the caller may know that it exists. */
const knownTargets = ({ patient, writes, referenced, directory }: WriteRequest): ReadonlySet<string> =>
  new Set([
    `Patient/${patient}`,
    ...namesOf(writes),
    ...(referenced ?? []).map(({ entry }) => `${entry.type}/${entry.id}`),
    ...(directory?.keys() ?? []),
  ])

function judgeTargets({ request, plan }: Judging, after: Resource): Result<undefined> {
  const lender = lenders.get(after.resourceType)
  if (lender === undefined) return ok(undefined)
  const namesIn = (resource: Resource | undefined): readonly string[] =>
    objectsOf(resource === undefined ? [] : lender.targets(resource))
      .map(targetOf)
      .filter(target => target !== undefined)
  const known = new Set([...knownTargets(request), ...namesIn(plan.write.before?.resource)])
  if (namesIn(after).every(target => known.has(target))) return ok(undefined)
  const expression = `${after.resourceType}.${lender.element}`
  return fail('refusedByRule', 'expected a reference to what exists and you may see, found another', expression)
}

const judges = [judgeBinaries, judgeReplacement, judgeTargets] as const

/** Judges what the new state points to. Fails with 422, the same for what is hidden and what is absent. */
export function judgeContent(judging: Judging, after: Resource): Result<undefined> {
  for (const judge of judges) {
    const judged = judge(judging, after)
    if (!judged.ok) return judged
  }
  return ok(undefined)
}
