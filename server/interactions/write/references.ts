/** References that a transaction resolves: entries by `fullUrl`, and conditions. https://hl7.org/fhir/R4/http.html#trules */
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import { objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { fullUrlsOf, type ParsedReference, parseReference } from '../../../resources/reference.ts'
import { byCondition, idOfPatient } from './conditional-references.ts'
import type { LocalReference, Written } from './item.ts'
import { beginningsOf, inElements, inNarrative, replaced, type Targets } from './links.ts'
import type { Settling } from './settling.ts'
import type { WrittenMatches } from './written-matches.ts'

/** Elements that are known by their names; what else may name an entry is known by its value. */
const byName = ['reference', 'div']

/** A string of the resource that may name another resource, with its place in the text. */
interface LinkingText {
  readonly name: string
  readonly value: string
  readonly node: JsonNode
}

const linkingTexts = ({ node: root }: Written, targets: Targets): readonly LinkingText[] =>
  root.strings(byName, beginningsOf(targets)).map(node => ({ name: node.name, value: node.string, node }))

/** Every local reference of a resource, at any depth. */
export function referencesIn(value: unknown, base: string): readonly LocalReference[] {
  const found: LocalReference[] = []
  const go = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return
    const text = textOf(objectOf(each)?.reference)
    const parsed = text === undefined ? undefined : parseReference(text, base)
    if (parsed?.form === 'local') found.push({ type: parsed.type, id: parsed.id })
    for (const inner of Object.values(each)) go(inner)
  }
  go(value)
  return found
}

/** What holds the references that are being resolved. */
interface Holder {
  readonly written: Written
  readonly targets: Targets
  /** What is written together: conditions find it as it will be. */
  readonly writes?: WrittenMatches
  readonly path: string
  /** The `fullUrl` of the entry. */
  readonly holder: string | undefined
}

/** The entry that a string means, as `Type/id`. */
function entryMeant({ value }: LinkingText, { targets, holder }: Holder): string | undefined {
  for (const each of fullUrlsOf(value, holder)) {
    const target = targets.get(each)
    if (target !== undefined) return target
  }
  return undefined
}

const noEntry = (path: string): Result<never> =>
  fail('invalidResource', 'expected a reference to an entry of this Bundle, found a urn:uuid that no entry has', path)

const nothingContained = (path: string): Result<never> =>
  fail('invalidResource', 'expected a reference to a contained resource, found one, and nothing is contained', path)

/** Where references lead once they are resolved. */
export interface Resolved {
  readonly edits: readonly Edit[]
  readonly local: readonly LocalReference[]
}

/** A Patient whose record was merged into this one means the Patient who goes on; what names a version keeps what it means, and so does a link of a Patient. */
async function goesOn(
  { context, facts, record }: Settling,
  { resource }: Written,
  parsed: ParsedReference | undefined,
): Promise<string | undefined> {
  if (facts?.merged === undefined || record.patient === null || parsed?.form !== 'local') return undefined
  if (resource.resourceType === 'Patient' || parsed.type !== 'Patient' || parsed.version !== undefined) return undefined
  return facts.merged.some(({ patient }) => patient === parsed.id)
    ? `Patient/${await idOfPatient(context, record.patient)}`
    : undefined
}

/** What one reference becomes, and where it leads then. */
async function resolved(settling: Settling, link: LinkingText, at: Holder): Promise<Result<Resolved>> {
  const { base } = settling.context
  let target = entryMeant(link, at)
  const parsed = parseReference(target ?? link.value, base)
  if (settling.facts?.merged !== undefined) target = (await goesOn(settling, at.written, parsed)) ?? target
  if (parsed.form === 'conditional') {
    const found = await byCondition(settling, parsed, at)
    if (!found.ok) return found
    target = found.value
  }
  if (parsed.form === 'urn' && parsed.urn.startsWith('urn:uuid:')) return noEntry(at.path)
  if (parsed.form === 'contained' && at.written.resource.contained === undefined) return nothingContained(at.path)
  const edits = target === undefined ? [] : [replaced(link.node, target)]
  if (parsed.form === 'local') return ok({ edits, local: [{ type: parsed.type, id: parsed.id }] })
  return ok({ edits, local: parsed.form === 'conditional' ? referencesIn({ reference: target }, base) : [] })
}

/** @returns the edits that resolve references inside a resource, and where its references lead then; fails with 412 for a condition that finds none or several. */
export async function resolvedReferences(settling: Settling, at: Holder): Promise<Result<Resolved>> {
  const edits: Edit[] = []
  const local: LocalReference[] = []
  const naming: [JsonNode, string][] = []
  for (const link of linkingTexts(at.written, at.targets)) {
    if (link.name === 'reference') {
      const found = await resolved(settling, link, at)
      if (!found.ok) return found
      edits.push(...found.value.edits)
      local.push(...found.value.local)
    } else if (link.name === 'div') edits.push(...inNarrative(link.node, at.targets))
    else {
      const target = at.targets.get(link.value)
      if (target !== undefined) naming.push([link.node, target])
    }
  }
  return ok({ edits: [...edits, ...inElements(settling.context, at.written, naming)], local })
}
