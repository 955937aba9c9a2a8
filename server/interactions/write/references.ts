/** References that a transaction resolves: entries by `fullUrl`, and conditions. https://hl7.org/fhir/R4/http.html#trules */
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import { walkJson } from '../../../resources/json-walk.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { fullUrlsOf, parseReference } from '../../../resources/reference.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Context } from '../interaction.ts'
import { matchesOf, onlyMatch, parseCriteria } from './conditional.ts'
import type { Written } from './item.ts'
import type { Settling } from './settle.ts'

/** Elements whose value is a reference, a uri, url, oid or uuid that may name another entry. */
const linking = new Set(['reference', 'url', 'valueUri', 'valueUrl', 'valueOid', 'valueUuid', 'valueCanonical'])

/** A string of the resource that may name another resource, with its place in the text. */
interface LinkingText {
  readonly name: string
  readonly value: string
  readonly node: JsonNode
}

function linkingTexts({ resource, node: root }: Written): readonly LinkingText[] {
  const found: LinkingText[] = []
  walkJson(resource, root, (value, node, name) => {
    if (typeof value === 'string' && (linking.has(name) || name === 'div')) found.push({ name, value, node })
  })
  return found
}

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

async function byCondition(settling: Settling, text: string, path: string): Promise<Result<string | undefined>> {
  const { context, call, record, facts, gone } = settling
  const parsed = parseReference(text, context.base)
  if (parsed.form !== 'conditional') return ok(undefined)
  const { type, criteria } = parsed
  if (type === 'Patient' && record.patient !== null) return ok(await patientReference(context, record.patient))
  const request = parseCriteria(context, type, criteria)
  if (!request.ok) return request
  const inRecord = (context.catalog.types.get(type)?.compartment.length ?? 0) > 0
  const rows = await matchesOf(context, call, {
    type,
    request: request.value,
    patient: inRecord ? record.patient : null,
    facts,
    gone,
  })
  const match = onlyMatch(rows, path)
  if (!match.ok) return match
  return match.value === undefined
    ? fail('versionConflict', `expected a conditional reference that finds one ${type}, found none`, path)
    : ok(`${match.value.type}/${match.value.id}`)
}

/**
 * @param targets `fullUrl` of each entry → `Type/id`.
 * @returns the edits that resolve references inside a resource; fails with 412 for a condition that finds none or several.
 */
export async function referenceEdits(
  settling: Settling,
  at: {
    readonly written: Written
    readonly targets: ReadonlyMap<string, string>
    readonly path: string
    /** The `fullUrl` of the entry. */
    readonly holder: string | undefined
  },
): Promise<Result<readonly Edit[]>> {
  const edits: Edit[] = []
  for (const link of linkingTexts(at.written)) {
    if (link.name === 'div') {
      edits.push(...inNarrative(link, at.targets))
      continue
    }
    const names = link.name === 'reference' ? fullUrlsOf(link.value, at.holder) : [link.value]
    const target = names.flatMap(name => at.targets.get(name) ?? [])[0]
    if (target !== undefined) edits.push(replaced(link.node, target))
    else if (link.name === 'reference') {
      const found = await byCondition(settling, link.value, at.path)
      if (!found.ok) return found
      if (found.value !== undefined) edits.push(replaced(link.node, found.value))
      else if (link.value.startsWith('urn:uuid:'))
        return fail(
          'invalidResource',
          'expected a reference to an entry of this Bundle, found a urn:uuid that no entry has',
          at.path,
        )
    }
  }
  return ok(edits)
}
