/** References that a transaction resolves: entries by `fullUrl`, and conditions. https://hl7.org/fhir/R4/http.html#trules */
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import { objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { fullUrlsOf, type ParsedReference, parseReference } from '../../../resources/reference.ts'
import { byCondition, idOfPatient } from './conditional-references.ts'
import type { LocalReference, Written } from './item.ts'
import type { Settling } from './settling.ts'
import type { WrittenMatches } from './written-matches.ts'

/** Elements whose value is a reference, a uri, url, oid or uuid that may name another entry, or a narrative with links. */
const linking = ['reference', 'url', 'valueUri', 'valueUrl', 'valueOid', 'valueUuid', 'valueCanonical', 'div']

/** A string of the resource that may name another resource, with its place in the text. */
interface LinkingText {
  readonly name: string
  readonly value: string
  readonly node: JsonNode
}

const linkingTexts = ({ node: root }: Written): readonly LinkingText[] =>
  root.strings(linking).map(node => ({ name: node.name, value: node.string, node }))

const replaced = ({ start, end }: JsonNode, text: string): Edit => ({ start, end, text: JSON.stringify(text) })

/** In a narrative only what stands between quotation marks is a link. */
function inNarrative({ value, node }: LinkingText, targets: ReadonlyMap<string, string>): readonly Edit[] {
  let text = value
  for (const [fullUrl, target] of targets) text = text.replaceAll(`"${fullUrl}"`, `"${target}"`)
  return text === value ? [] : [replaced(node, text)]
}

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
  /** `fullUrl` of each entry → `Type/id`. */
  readonly targets: ReadonlyMap<string, string>
  /** What is written together: conditions find it as it will be. */
  readonly writes?: WrittenMatches
  readonly path: string
  /** The `fullUrl` of the entry. */
  readonly holder: string | undefined
}

/** The entry that a string means, as `Type/id`. */
function entryMeant({ name, value }: LinkingText, { targets, holder }: Holder): string | undefined {
  for (const each of name === 'reference' ? fullUrlsOf(value, holder) : [value]) {
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

/** @returns the edits that resolve references inside a resource, and where its references lead then; fails with 412 for a condition that finds none or several. */
export async function resolvedReferences(settling: Settling, at: Holder): Promise<Result<Resolved>> {
  const edits: Edit[] = []
  const local: LocalReference[] = []
  for (const link of linkingTexts(at.written)) {
    if (link.name === 'div') {
      edits.push(...inNarrative(link, at.targets))
      continue
    }
    let target = entryMeant(link, at)
    const isReference = link.name === 'reference'
    const parsed = isReference ? parseReference(target ?? link.value, settling.context.base) : undefined
    if (settling.facts?.merged !== undefined) target = (await goesOn(settling, at.written, parsed)) ?? target
    if (parsed?.form === 'conditional') {
      const found = await byCondition(settling, parsed, at)
      if (!found.ok) return found
      target = found.value
    }
    if (parsed?.form === 'urn' && parsed.urn.startsWith('urn:uuid:')) return noEntry(at.path)
    if (parsed?.form === 'contained' && at.written.resource.contained === undefined) return nothingContained(at.path)
    if (target !== undefined) edits.push(replaced(link.node, target))
    if (parsed?.form === 'local') local.push({ type: parsed.type, id: parsed.id })
    else if (parsed?.form === 'conditional') local.push(...referencesIn({ reference: target }, settling.context.base))
  }
  return ok({ edits, local })
}
