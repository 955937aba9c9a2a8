/** References that a transaction resolves: entries by `fullUrl`, and conditions. https://hl7.org/fhir/R4/http.html#trules */
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import { objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { fullUrlsOf, type ParsedReference, parseReference } from '../../../resources/reference.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { matchesOf, namesOthers, onlyMatch, parseCriteria } from './conditional.ts'
import { traceCriteria } from './criteria-trace.ts'
import type { Settled, Written } from './item.ts'
import { hasIdentifier, identifierOf } from './one-identifier.ts'
import type { Settling } from './settle.ts'
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

/** The unit's one patient, whom the condition was already understood to mean. */
async function patientReference(context: Context, patient: string): Promise<string> {
  const extent = { collection: 'record', patient } as const
  const row = await context.store.row(systemRestriction('resolve identifiers', extent), 'Patient', patient)
  return `Patient/${row?.id ?? patient}`
}

/** Whether criteria mean the unit's patient: he was named by them, or has the one identifier that they ask for. */
async function meansPatient(
  { context, record, facts }: Settling,
  criteria: string,
  writes: WrittenMatches | undefined,
): Promise<boolean> {
  if (record.patient === null) return false
  if (record.criteria?.has(criteria) === true) return true
  const identifier = identifierOf(criteria)
  if (identifier === undefined) return false
  if (writes?.patient !== undefined && hasIdentifier(writes.patient.item, identifier)) return true
  return !(await namesOthers(context, { patients: [[identifier]] }, { patient: record.patient, facts }))
}

/** Where criteria are searched: Patients together, where a search may be of several; what else belongs to a record, in that of the unit. */
function searchedIn({ context, record }: Settling, type: string): string | 'every' | null {
  if (type === 'Patient' && !context.regime.onePatient) return 'every'
  return (context.catalog.types.get(type)?.compartment.length ?? 0) > 0 ? record.patient : null
}

async function byCondition(
  settling: Settling,
  { type, criteria }: Extract<ParsedReference, { form: 'conditional' }>,
  { path, writes }: Pick<Holder, 'path' | 'writes'>,
): Promise<Result<string>> {
  const { context, call, record, facts, gone } = settling
  if (type === 'Patient' && record.patient !== null && (await meansPatient(settling, criteria, writes))) {
    const written = writes?.patient
    return ok(written === undefined ? await patientReference(context, record.patient) : `Patient/${written.id}`)
  }
  const request = parseCriteria(context, type, { criteria, path })
  if (!request.ok) return request
  const within = { type, request: request.value, patient: searchedIn(settling, type), facts }
  const rows = await matchesOf(context, call, {
    ...within,
    gone: writes === undefined ? gone : new Set([...gone, ...writes.rows]),
  })
  await traceCriteria(context, call, { ...within, rows })
  const match = onlyMatch([...rows, ...((await writes?.find(request.value)) ?? [])].map(localOf), path)
  if (!match.ok) return match
  return match.value === undefined
    ? fail('versionConflict', `expected a conditional reference that finds one ${type}, found none`, path)
    : ok(`${match.value.type}/${match.value.id}`)
}

const localOf = (found: Found | Settled): LocalReference => ({
  type: 'item' in found ? found.item.type : found.type,
  id: found.id,
})

/** A reference to a resource of this server. */
export interface LocalReference {
  readonly type: string
  readonly id: string
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
    ? patientReference(context, record.patient)
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
